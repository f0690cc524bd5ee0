/** Why a message is refused, and what can still be said to its sender. */

import { headerValue } from './headers.ts';
import type { SipRequest } from './message.ts';
import { parseTopVia } from './via.ts';

export type MessageRefusal = keyof typeof refusalStatus;

/** The failed side of `parseMessage`'s Result, with the request to answer where there is one. */
export interface ParseFailure {
  readonly ok: false;
  readonly reason: MessageRefusal;
  readonly answer: RefusedRequest | undefined;
}

/**
 * A request whose top Via could be read, so that a response finds its way. Nothing else in it is certain: copy of
 * From, To, Call-ID and CSeq what is there, the first of each. Never an ACK.
 */
interface RefusedRequest {
  readonly request: SipRequest;
  readonly statusCode: number;
}

export function refuse(reason: MessageRefusal, request?: SipRequest): ParseFailure {
  const statusCode = refusalStatus[reason];
  const isAnswerable = request !== undefined && statusCode !== undefined && canBeAnswered(request);
  return { ok: false, reason, answer: isAnswerable ? { request, statusCode } : undefined };
}

function canBeAnswered(request: SipRequest): boolean {
  const via = headerValue(request, 'Via');
  return request.method !== 'ACK' && via !== undefined && parseTopVia(via) !== undefined;
}

/** The final response each reason is worth when it befell a request; without one it is dropped. */
const refusalStatus = {
  /** Nothing but line ends or NULs: keeps a NAT binding open (RFC 5626 section 4.4.1), not an error. */
  'keep-alive': undefined,
  'not-sip': undefined,
  'tls-to-plain-port': undefined,
  'bad-status-line': undefined,
  'bad-request-line': 400,
  'bad-request-uri': 400,
  'request-uri-headers': 400,
  'unsupported-uri-scheme': 416,
  'unsupported-version': 505,
  'headers-unfinished': 400,
  'bad-header-line': 400,
  'bad-header-name': 400,
  'stray-carriage-return': 400,
  'too-many-headers': 400,
  'missing-header': 400,
  'duplicate-header': 400,
  'bad-via': 400,
  'several-vias': undefined,
  'bad-address': 400,
  'bad-call-id': 400,
  'bad-cseq': 400,
  'cseq-method-mismatch': 400,
  'bad-max-forwards': 400,
  'bad-date': 400,
  'bad-header-value': 400,
  'missing-content-length': 400,
  'bad-content-length': 400,
  'body-truncated': 400,
  'message-too-large': 513,
} as const;
