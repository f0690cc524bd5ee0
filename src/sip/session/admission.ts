import type { HeaderField, SipRequest } from '../message/message.ts';
import { tokensOf } from '../message/views.ts';
import { acceptHeader } from './capabilities.ts';
import { readSessionBody } from './session-body.ts';

export interface Refusal {
  readonly statusCode: number;
  readonly headers: readonly HeaderField[];
}

/** What keeps a request of a method we serve from being served, whatever the call. @see RFC 3261 sections 8.2.2, 8.2.3 */
export function refusalOf(request: SipRequest): Refusal | undefined {
  const required = tokensOf(request, 'Require');
  if (required.length > 0)
    return { statusCode: 420, headers: [{ name: 'Unsupported', value: required.join(', ') }] };
  if (request.method !== 'INVITE' && request.method !== 'UPDATE') return undefined;
  switch (readSessionBody(request).kind) {
    case 'unsupported':
      return { statusCode: 415, headers: [acceptHeader, { name: 'Accept-Encoding', value: 'identity' }] };
    case 'too-large':
      return { statusCode: 413, headers: [] };
    case 'none':
    case 'sdp':
      return undefined;
  }
}
