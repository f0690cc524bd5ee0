/** Key presses that come as SIP INFO (RFC 6086) instead of RTP, in the two bodies PBXs send. */
import { failure, type Result, success } from '../result.ts';

export interface InfoDigit {
  /** One of 0-9 * # A-D. */
  readonly digit: string;
  /** Undefined when the body does not say. */
  readonly durationMs: number | undefined;
}

/** Why an INFO is no key press. */
export type InfoDigitRefusal = 'not-dtmf' | 'body-too-long' | 'signal-missing' | 'not-a-key';

/**
 * `application/dtmf-relay` holds lines `Signal=5` and `Duration=160`, in milliseconds; `application/dtmf` the key
 * alone, or the same lines.
 */
export function parseInfoDigit(contentType: string, body: Uint8Array): Result<InfoDigit, InfoDigitRefusal> {
  const [mediaType = ''] = contentType.split(';', 1);
  if (!MEDIA_TYPES.has(mediaType.trim().toLowerCase())) return failure('not-dtmf');
  if (body.length > MAX_BODY_OCTETS) return failure('body-too-long');
  const text = new TextDecoder('latin1').decode(body).trim();
  const signal = /^[ \t]*Signal[ \t]*=[ \t]*(\S*)/im.exec(text)?.[1] ?? (/[=\s]/.test(text) ? '' : text);
  if (signal === '') return failure('signal-missing');
  const digit = SIGNALS.get(signal.toUpperCase());
  if (digit === undefined) return failure('not-a-key');
  const duration = /^[ \t]*Duration[ \t]*=[ \t]*(\d{1,5})[ \t]*\r?$/im.exec(text)?.[1];
  return success({ digit, durationMs: duration === undefined ? undefined : Number(duration) });
}

const MEDIA_TYPES: ReadonlySet<string> = new Set(['application/dtmf-relay', 'application/dtmf']);

/** Keys as themselves; some gateways number the last six as telephone events do. */
const SIGNALS: ReadonlyMap<string, string> = new Map([
  ...[...'0123456789*#ABCD'].map((digit): [string, string] => [digit, digit]),
  ...[...'*#ABCD'].map((digit, index): [string, string] => [String(10 + index), digit]),
]);

const MAX_BODY_OCTETS = 256;
