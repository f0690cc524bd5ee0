import type { Flow } from '../flow.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import { allowHeader, sdpContentType, supportedHeader } from './capabilities.ts';
import type { SessionHost } from './session-host.ts';

/** A call of ours that is to be made. */
export interface OutgoingCall {
  /** Request-URI. */
  readonly target: string;
  /** What From and To say: a URI in angle brackets, perhaps a display name before it; no tag. To is the target unless said. */
  readonly from: string;
  readonly to?: string | undefined;
  readonly flow: Flow;
  readonly sdp: string;
  readonly headers?: readonly HeaderField[];
}

/** The INVITE, without Via. @see RFC 3261 section 13.2.1 */
export function inviteFor(call: OutgoingCall, host: SessionHost, callId: string): SipRequest {
  return {
    kind: 'request',
    method: 'INVITE',
    requestUri: call.target,
    headers: [
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: `${call.from};tag=${host.newTag()}` },
      { name: 'To', value: call.to ?? `<${call.target}>` },
      { name: 'Call-ID', value: callId },
      { name: 'CSeq', value: '1 INVITE' },
      host.contact(call.flow),
      allowHeader,
      supportedHeader,
      ...host.requestHeaders,
      ...(call.headers ?? []),
      sdpContentType,
    ],
    body: Buffer.from(call.sdp, 'utf8'),
  };
}
