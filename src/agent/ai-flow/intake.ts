import type { Logger } from '../../logger.ts';
import type { AgentHost } from '../agent.ts';
import { warningLine } from './action-warning.ts';
import { type ParsedActions, parseActions } from './parse-actions.ts';
import { traceOf } from './trace.ts';

/** What came instead of JSON; empty bodies are JSON enough. */
export type IntakeOutcome = 'actions' | 'no-action' | 'html' | 'not-json';

export interface IntakeOptions {
  readonly host: AgentHost;
  readonly log: Logger;
  readonly onWarnings: (count: number) => void;
  /** An SMS to this number could not be sent. */
  readonly onUnsentSms: (phoneNumber: string) => void;
}

/** Where an app's JSON comes in: parses it, logs what it asks for, and hands the commands to the session. */
export class ActionIntake {
  readonly #options: IntakeOptions;
  #unsentSms = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  take(text: string): IntakeOutcome {
    const json = parseJson(text);
    if (json === undefined) return /^\s*</.test(text) ? 'html' : 'not-json';
    return this.#carryOut(json.value).commands.length > 0 ? 'actions' : 'no-action';
  }

  /** What came over the HTTP API: as if the app had answered it. */
  takeFromApi(body: unknown): { readonly accepted: number; readonly mistakes: readonly string[] } {
    const { commands, warnings, unsentSms } = this.#carryOut(body);
    return { accepted: commands.length + unsentSms.length, mistakes: warnings.map(warningLine) };
  }

  #carryOut(json: unknown): ParsedActions {
    const { host, log, onWarnings, onUnsentSms } = this.#options;
    const parsed = parseActions(json, host.session.id);
    const { commands, warnings, unsentSms } = parsed;
    for (const warning of warnings)
      log.warn({ ...warning }, 'the agent sent something that is not understood');
    if (warnings.length > 0) onWarnings(warnings.length);
    for (const command of commands) log.info(traceOf(command), 'agent action');
    if (commands.length > 0) host.submit(commands);
    for (const phoneNumber of unsentSms) {
      this.#unsentSms += 1;
      log.warn({ unsent: this.#unsentSms }, 'the agent wants to send an SMS and no gateway is here');
      // An app that answers each failure with another try must not keep us both busy for ever.
      if (this.#unsentSms <= MOST_SMS_FAILURES) onUnsentSms(phoneNumber);
    }
    return parsed;
  }
}

/** Undefined when it is not JSON. */
function parseJson(text: string): { readonly value: unknown } | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return { value: null };
  try {
    return { value: JSON.parse(trimmed) };
  } catch {
    return undefined;
  }
}

const MOST_SMS_FAILURES = 10;
