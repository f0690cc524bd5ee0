/** One session in AI Flow's words: what its app is told, and what it answers, whichever way both go. */
import type { Logger } from '../../logger.ts';
import type { AgentEvent, AgentHost } from '../agent.ts';
import type { AppMetrics } from '../app-metrics.ts';
import {
  type AiFlowEvent,
  type EventFormat,
  type EventSwitches,
  toAiFlowEvent,
  toSmsFailedEvent,
} from './events.ts';
import { ActionIntake, type IntakeOutcome } from './intake.ts';
import type { NumberFormat } from './phone-number.ts';

export interface DialogueOptions {
  readonly host: AgentHost;
  readonly numberFormat: NumberFormat;
  readonly switches: EventSwitches;
  readonly log: Logger;
  readonly metrics: AppMetrics;
}

export class Dialogue {
  readonly #host: AgentHost;
  readonly #format: EventFormat;
  readonly #intake: ActionIntake;

  /** `tell` carries what the app is told beside the events of the session. */
  constructor(
    { host, numberFormat, switches, log, metrics }: DialogueOptions,
    transport: EventFormat['transport'],
    tell: (event: AiFlowEvent) => void,
  ) {
    this.#host = host;
    this.#format = { numberFormat, switches, transport };
    this.#intake = new ActionIntake({
      host,
      log,
      onWarnings: (count) => metrics.warned(count),
      onUnsentSms: (phoneNumber) => tell(toSmsFailedEvent(phoneNumber, host.session, this.#format)),
    });
  }

  /** Undefined: apps are not told of it. */
  eventOf(event: AgentEvent): AiFlowEvent | undefined {
    return toAiFlowEvent(event, this.#host.session, this.#format);
  }

  take(text: string): IntakeOutcome {
    return this.#intake.take(text);
  }

  takeFromApi(body: unknown): ReturnType<ActionIntake['takeFromApi']> {
    return this.#intake.takeFromApi(body);
  }
}
