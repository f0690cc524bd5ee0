import { destination, type LoggerOptions, pino, stdSerializers, stdTimeFunctions } from 'pino';
import type { Logger } from './logger.ts';

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
 * The log of the process: one line of JSON an event. Lines go to standard output behind the process's back, and are
 * dropped rather than kept once 8 MiB of them wait for a reader.
 */
export function createLogger(options: LogOptions, lines?: LogDestination): Logger {
  const names = new Set([
    ...SECRETS,
    ...(options.redactNumbers ? NUMBERS : []),
    ...(options.redactTranscripts ? TRANSCRIPTS : []),
  ]);
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: stdSerializers.err, error: stdSerializers.err },
    redact: { paths: [...names].flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
  };
  return pino(settings, lines ?? destination({ dest: 1, sync: false, maxLength: MAX_WAITING_OCTETS }));
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
