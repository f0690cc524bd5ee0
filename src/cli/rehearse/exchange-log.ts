import { type ActionWarning, warningLine } from '../../agent/ai-flow/action-warning.ts';
import type { Clock } from '../../clock.ts';
import type { LogFields, Logger } from '../../logger.ts';

export interface ExchangeLine {
  readonly atMs: number;
  readonly direction: 'event' | 'action' | 'caller' | 'warning';
  /** Type of the event or action, or what happened. */
  readonly what: string;
  readonly fields: LogFields;
}

/** Makes the log of a session into the exchange that took place: events, actions, and what was not understood. */
export class ExchangeLog implements Logger {
  readonly lines: ExchangeLine[] = [];
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #onLine: (line: ExchangeLine) => void;

  constructor(clock: Clock, onLine: (line: ExchangeLine) => void) {
    this.#clock = clock;
    this.#startedMs = clock.nowMs();
    this.#onLine = onLine;
  }

  caller(what: string, fields: LogFields = {}): void {
    this.#add('caller', what, fields);
  }

  debug(): void {}

  info(fields: LogFields, message: string): void {
    const { event, action, ...rest } = fields;
    if (message === 'agent event') this.#add('event', String(event), rest);
    else if (message === 'agent action')
      this.#add('action', actionNames.get(String(action)) ?? String(action), rest);
    else if (message === 'an utterance was interrupted') this.caller('has heard so far', rest);
  }

  warn(fields: LogFields, message: string): void {
    const { warning, ...rest } = fields;
    if (isActionWarning(fields)) this.#add('warning', warningLine(fields), {});
    else this.#add('warning', typeof warning === 'string' ? warning : message, rest);
  }

  error(fields: LogFields, message: string): void {
    this.#add('warning', message, fields);
  }

  child(): Logger {
    return this;
  }

  #add(direction: ExchangeLine['direction'], what: string, fields: LogFields): void {
    const line = { atMs: Math.round(this.#clock.nowMs() - this.#startedMs), direction, what, fields };
    this.lines.push(line);
    this.#onLine(line);
  }
}

function isActionWarning(fields: LogFields): fields is LogFields & ActionWarning {
  return [fields['field'], fields['found'], fields['consequence']].every((part) => typeof part === 'string');
}

/** As the protocol calls what the house has its own words for. */
const actionNames: ReadonlyMap<string, string> = new Map([
  ['say', 'speak'],
  ['play', 'audio'],
  ['loop', 'mix_audio'],
  ['stop-loop', 'mix_audio stop'],
  ['interrupt', 'barge_in'],
  ['hang-up', 'hangup'],
  ['listen', 'configure_transcription'],
]);

/** One line of the exchange for a reader: seconds, `>` to the app and `<` from it. */
export function exchangeText({ atMs, direction, what, fields }: ExchangeLine): string {
  const seconds = (atMs / 1000).toFixed(2).padStart(8);
  const details = Object.entries(fields)
    .filter(([name, value]) => !dull.has(name) && !isEmpty(value))
    .map(([name, value]) => (name === 'text' ? JSON.stringify(value) : `${name}=${shown(value)}`));
  return `${[seconds, signs[direction], what, ...details].join(' ')}\n`;
}

function shown(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** An object none of whose fields is set, such as a voice that an app did not name. */
function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && JSON.stringify(value) === '{}');
}

const dull: ReadonlySet<string> = new Set(['format', 'speech_started_at']);
const signs: Readonly<Record<ExchangeLine['direction'], string>> = {
  event: ' >',
  action: ' <',
  caller: '   caller',
  warning: ' !',
};
