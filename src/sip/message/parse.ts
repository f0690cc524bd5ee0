import { contentLengthOf } from './content-length.ts';
import { endOfHead, parseHead } from './head.ts';
import type { SipMessage } from './message.ts';
import { type MessageRefusal, type ParseFailure, refuse } from './refusal.ts';
import { findFault } from './sanity.ts';

export type ParseOutcome = { readonly ok: true; readonly value: SipMessage } | ParseFailure;

/**
 * Reads one message: a datagram, or what `StreamFramer` cut out of a stream. What is returned has passed the checks
 * of RFC 3261 section 8.2 (`sanity.ts`), so the mandatory views of `views.ts` are there. The body is a view of
 * `octets`, whose owner must not write to them any more.
 */
export function parseMessage(octets: Uint8Array): ParseOutcome {
  const start = startOfMessage(octets);
  if (start === octets.length) return refuse('keep-alive');
  const blankLineEnd = endOfHead(octets, start);
  const bodyStart = blankLineEnd === -1 ? octets.length : blankLineEnd;
  const head = parseHead(octets, start, bodyStart);
  if (head.message === undefined) return refuse(head.fault ?? 'not-sip');

  const message = head.message;
  const fault =
    sizeFault(octets.length) ?? head.fault ?? (blankLineEnd === -1 ? 'headers-unfinished' : undefined);
  if (fault !== undefined) return refuseMessage(fault, message);

  const contentLength = contentLengthOf(message);
  if (typeof contentLength === 'string') return refuseMessage(contentLength, message);
  const bodyEnd = contentLength === undefined ? octets.length : bodyStart + contentLength;
  if (bodyEnd > octets.length) return refuseMessage('body-truncated', message);

  const complete: SipMessage =
    bodyStart === bodyEnd ? message : { ...message, body: octets.subarray(bodyStart, bodyEnd) };
  const insanity = findFault(complete);
  return insanity === undefined ? { ok: true, value: complete } : refuseMessage(insanity, complete);
}

/** Refuses what was read so far: a request is kept to be answered, a response only dropped. */
export function refuseMessage(reason: MessageRefusal, message: SipMessage): ParseFailure {
  return refuse(reason, message.kind === 'request' ? message : undefined);
}

/** "Implementations … SHOULD ignore any CRLF appearing before the start-line" (RFC 3261 section 7.5). */
function startOfMessage(octets: Uint8Array): number {
  let at = 0;
  while (at < octets.length && (octets[at] === 0x0d || octets[at] === 0x0a || octets[at] === 0)) at++;
  return at;
}

function sizeFault(octets: number): MessageRefusal | undefined {
  return octets > MAX_MESSAGE_OCTETS ? 'message-too-large' : undefined;
}

/** What one UDP datagram can carry (RFC 3261 section 18.1.1), the most we take over any transport. */
export const MAX_MESSAGE_OCTETS = 65_536;
