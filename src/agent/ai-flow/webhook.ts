/** AI Flow over HTTP: one POST for each event, the actions in its answer. */
import type { Clock, Timers } from '../../clock.ts';
import type { Agent, AgentEvent, AgentFailure } from '../agent.ts';
import type { ExchangeOutcome } from '../app-metrics.ts';
import { Dialogue, type DialogueOptions } from './dialogue.ts';
import type { AiFlowEvent } from './events.ts';
import { traceOfEvent } from './trace.ts';

/** Carries one event to an app and its answer back. */
export type WebhookExchange = (eventText: string, delivery: Delivery) => Promise<WebhookResult>;

export interface Delivery {
  /** To be called when the event is on its way, so that the next one may follow it. */
  readonly sent: () => void;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

export type WebhookResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
    }
  | { readonly kind: 'failed'; readonly reason: WebhookFailure; readonly detail: string };

export type WebhookFailure = 'refused' | 'unreachable' | 'redirected' | 'too-large' | 'timed-out';

export interface WebhookAgentOptions extends DialogueOptions {
  readonly exchange: WebhookExchange;
  /** From sending an event to the end of its answer. */
  readonly timeoutMs: number;
  readonly clock: Clock & Timers;
}

export class WebhookAgent implements Agent {
  readonly listens: boolean = true;
  readonly #options: WebhookAgentOptions;
  readonly #dialogue: Dialogue;
  /** The event before has had its head start, or is over. */
  #previousAhead: Promise<void> = Promise.resolve();
  #lastDelivered: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(options: WebhookAgentOptions) {
    this.#options = options;
    this.#dialogue = new Dialogue(options, 'webhook', (event) => this.#tell(event));
  }

  handle(event: AgentEvent): void {
    const told = this.#dialogue.eventOf(event);
    if (event.kind === 'ended') this.#ended = true;
    if (told !== undefined) this.#tell(told);
  }

  takeFromApi(body: unknown): ReturnType<Dialogue['takeFromApi']> {
    return this.#dialogue.takeFromApi(body);
  }

  close(): Promise<void> {
    return this.#lastDelivered;
  }

  #tell(event: AiFlowEvent): void {
    const previousAhead = this.#previousAhead;
    this.#previousAhead = new Promise((resolve) => {
      this.#lastDelivered = this.#deliver(event, previousAhead, resolve);
    });
  }

  /** Events leave in their order; nobody waits for a slow answer to an earlier one, or for one that led to a bug. */
  async #deliver(event: AiFlowEvent, previousAhead: Promise<void>, ahead: () => void): Promise<void> {
    await previousAhead;
    try {
      await this.#exchange(event, ahead);
    } catch (error) {
      this.#options.log.error({ error }, 'a bug in serving the agent: the call goes on without it');
      if (!this.#ended) this.#options.host.fail('bad-response');
    } finally {
      ahead();
    }
  }

  async #exchange(event: AiFlowEvent, ahead: () => void): Promise<void> {
    const { clock, log, metrics } = this.#options;
    log.info(traceOfEvent(event), 'agent event');
    const startedMs = clock.nowMs();
    const sent = () => clock.schedule(HEAD_START_MS, ahead);
    const result = await this.#exchangeInTime(JSON.stringify(event), sent);
    const outcome = this.#judge(event, result);
    metrics.exchanged(outcome, clock.nowMs() - startedMs);
    if (event.type === 'session_start') this.#failIfUnserved(outcome);
  }

  #exchangeInTime(eventText: string, sent: () => void): Promise<WebhookResult> {
    const { exchange, timeoutMs, clock } = this.#options;
    const abort = new AbortController();
    return new Promise((resolve) => {
      const done = (result: WebhookResult) => {
        cancel();
        resolve(result);
      };
      const cancel = clock.schedule(timeoutMs, () => {
        done({ kind: 'failed', reason: 'timed-out', detail: `no answer in ${timeoutMs} ms` });
        abort.abort();
      });
      exchange(eventText, { sent, signal: abort.signal }).then(done, (error: unknown) =>
        done({ kind: 'failed', reason: 'unreachable', detail: String(error) }),
      );
    });
  }

  #judge({ type }: AiFlowEvent, result: WebhookResult): ExchangeOutcome {
    const { log } = this.#options;
    if (type === 'session_end') return result.kind === 'failed' ? result.reason : 'no-action';
    if (this.#ended) {
      log.info(
        { event: type, status: statusOf(result) },
        'the webhook answered after the end of the session: no action',
      );
      return 'after-end';
    }
    if (result.kind === 'failed') {
      const { reason, detail } = result;
      log.warn({ event: type, reason, detail }, 'an exchange with the webhook failed: no action');
      return reason;
    }
    const { status, contentType, body } = result;
    if (status >= 300) {
      log.warn({ event: type, status, contentType }, 'the webhook answered with an error status: no action');
      return status >= 500 ? 'server-error' : status >= 400 ? 'client-error' : 'redirected';
    }
    if (status === 204) return 'no-action';
    const outcome = this.#dialogue.take(body);
    if (outcome === 'html' || outcome === 'not-json')
      log.warn(
        { event: type, status, contentType, found: body.slice(0, 80) },
        'the webhook answered with something that is not JSON: no action',
      );
    return outcome;
  }

  /** Without an answer to its first event a caller would hear silence: the flow's fallback is better. */
  #failIfUnserved(outcome: ExchangeOutcome): void {
    const failure = failures[outcome];
    if (failure !== undefined && !this.#ended) this.#options.host.fail(failure);
  }
}

function statusOf(result: WebhookResult): number | undefined {
  return result.kind === 'answered' ? result.status : undefined;
}

/**
 * Two requests travel on two connections, between which there is no order. So much later than the one before it is on
 * its way, the next may leave; it need not wait when the one before has been answered.
 */
const HEAD_START_MS = 20;

const failures: Partial<Record<ExchangeOutcome, AgentFailure>> = {
  refused: 'refused',
  unreachable: 'unreachable',
  'timed-out': 'timed-out',
  'server-error': 'bad-response',
  redirected: 'bad-response',
  'too-large': 'bad-response',
  html: 'bad-response',
};
