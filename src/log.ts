import {
  destination,
  type LoggerOptions,
  type Logger as Pino,
  pino,
  stdSerializers,
  stdTimeFunctions,
} from 'pino';
import type { LogFields, Logger } from './logger.ts';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Write telephone numbers and keys pressed as `[redacted]`. */
  readonly redactNumbers: boolean;
  /** Write what is said in calls as `[redacted]`. */
  readonly redactTranscripts: boolean;
}

/** Takes whole lines, each with its line end. */
export interface LogDestination {
  write(line: string): void;
}

/**
 * The log of the process: one line of JSON an event. Lines go to standard output behind the process's back, several at a
 * time, and are dropped rather than kept once 8 MiB of them wait for a reader.
 */
export function createLogger(options: LogOptions, lines: LogDestination = standardOutput()): Logger {
  const names = new Set([
    ...SECRETS,
    ...(options.redactNumbers ? NUMBERS : []),
    ...(options.redactTranscripts ? TRANSCRIPTS : []),
  ]);
  const error = (value: Error): LogFields => redacted({ ...stdSerializers.err(value) }, names, 0);
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: (fields) => redacted(fields, names, 1) },
    serializers: { err: error, error },
  };
  return new RedactingLogger(pino(settings, lines), names);
}

/** pino passes what a child always says by its formatters. */
class RedactingLogger implements Logger {
  readonly #lines: Pino;
  readonly #names: ReadonlySet<string>;

  constructor(lines: Pino, names: ReadonlySet<string>) {
    this.#lines = lines;
    this.#names = names;
  }

  debug(fields: LogFields, message: string): void {
    this.#lines.debug(fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.#lines.info(fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.#lines.warn(fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.#lines.error(fields, message);
  }

  child(fields: LogFields): Logger {
    return new RedactingLogger(this.#lines.child(redacted(fields, this.#names, 1)), this.#names);
  }
}

/** Without values of these names, in objects down to this depth too. The library's own way costs more than the line. */
function redacted(fields: LogFields, names: ReadonlySet<string>, depth: number): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    let shown = value;
    if (names.has(name)) shown = value === undefined ? undefined : '[redacted]';
    else if (depth > 0 && isObject(value)) shown = redacted(value, names, depth - 1);
    if (shown === value) continue;
    copy ??= { ...fields };
    copy[name] = shown;
  }
  return copy ?? fields;
}

function isObject(value: unknown): value is LogFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Error);
}

/** Each write costs more than making its line, so one takes what was logged within some milliseconds; at exit, the rest. */
function standardOutput(): LogDestination {
  const output = destination({
    dest: 1,
    sync: false,
    minLength: LARGEST_WRITE_OCTETS,
    maxLength: MAX_WAITING_OCTETS,
  });
  let isDue = false;
  const flush = (): void => {
    isDue = false;
    output.flush();
  };
  return {
    write(line) {
      output.write(line);
      if (isDue) return;
      isDue = true;
      setTimeout(flush, WRITTEN_WITHIN_MS).unref();
    },
  };
}

/** Field names under which telephone numbers and keys are logged, ours and those of agents' events, and messages quoted. */
const NUMBERS: readonly string[] = [
  'found',
  'from',
  'to',
  'dialled',
  'target',
  'phoneNumber',
  'digit',
  'digits',
  'phone_number',
  'from_phone_number',
  'to_phone_number',
  'target_phone_number',
  'caller_id_number',
];

/** Field names under which keys of media would be, were what is negotiated ever logged: no setting lets them out. */
const SECRETS: readonly string[] = ['srtp', 'localKey', 'remoteKey'];

/** Field names under which words spoken by caller or agent are logged, and messages quoted. */
const TRANSCRIPTS: readonly string[] = ['text', 'transcript', 'found'];

const MAX_WAITING_OCTETS = 8 * 1024 * 1024;
const LARGEST_WRITE_OCTETS = 8 * 1024;
const WRITTEN_WITHIN_MS = 20;
