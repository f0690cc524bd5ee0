import { headerValue } from '../message/headers.ts';
import type { SipRequest } from '../message/message.ts';
import { tagOf } from '../message/name-address.ts';
import { parameterValue } from '../message/parameters.ts';
import { isRfc3261Branch, type Via } from '../message/via.ts';
import { callIdOf, cseqOf, fromOf } from '../message/views.ts';

/**
 * What a request and its repeats share, and an ACK with the INVITE it belongs to: rules 1 to 3 of RFC 3261 section
 * 17.2.3, or for a peer without the magic cookie the fields RFC 2543 matched by.
 */
export function serverTransactionKey(request: SipRequest, via: Via, method: string): string {
  const matched = method === 'ACK' ? 'INVITE' : method;
  const branch = parameterValue(via.parameters, 'branch');
  if (isRfc3261Branch(branch)) return `${branch} ${via.host.toLowerCase()}:${via.port ?? 5060} ${matched}`;
  const { sequence } = cseqOf(request);
  const from = tagOf(fromOf(request)) ?? '';
  const topVia = headerValue(request, 'Via');
  return `${callIdOf(request)} ${sequence} ${matched} ${from} ${request.requestUri} ${topVia}`;
}

/** What the copies of one request share that forks of a proxy bring by different ways (RFC 3261 section 8.2.2.2). */
export function mergeKey(request: SipRequest): string {
  const { sequence, method } = cseqOf(request);
  return `${callIdOf(request)} ${sequence} ${method} ${tagOf(fromOf(request)) ?? ''}`;
}

/** What a request of ours shares with its responses (RFC 3261 section 17.1.3). */
export function clientTransactionKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}
