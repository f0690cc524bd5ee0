import { headerFields, headerValue } from '../message/headers.ts';
import type { HeaderField, SipRequest, SipResponse } from '../message/message.ts';
import { serializeVia } from '../message/via.ts';
import { callIdOf, cseqOf, topViaOf } from '../message/views.ts';

/** The ACK to a failure: the transaction's own, over its hop. @see RFC 3261 section 17.1.1.3 */
export function ackForFailure(invite: SipRequest, response: SipResponse): SipRequest {
  return sameHop(invite, 'ACK', headerValue(response, 'To') ?? '');
}

/** The CANCEL of a pending INVITE. @see RFC 3261 section 9.1 */
export function cancelFor(invite: SipRequest): SipRequest {
  return sameHop(invite, 'CANCEL', headerValue(invite, 'To') ?? '');
}

/** Every Route of the INVITE goes along: behind two proxies the request is lost without the second. */
function sameHop(invite: SipRequest, method: string, to: string): SipRequest {
  const headers: HeaderField[] = [
    { name: 'Via', value: serializeVia(topViaOf(invite)) },
    ...headerFields(invite, 'Route'),
    { name: 'Max-Forwards', value: '70' },
    { name: 'From', value: headerValue(invite, 'From') ?? '' },
    { name: 'To', value: to },
    { name: 'Call-ID', value: callIdOf(invite) },
    { name: 'CSeq', value: `${cseqOf(invite).sequence} ${method}` },
  ];
  return { kind: 'request', method, requestUri: invite.requestUri, headers, body: new Uint8Array(0) };
}
