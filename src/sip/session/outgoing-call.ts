import type { Flow } from '../flow.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import { isSips } from '../message/uri.ts';
import { allowHeader, sdpContentType } from './capabilities.ts';
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
  /** What proves who we are to this call's own server, in place of the trunk's password. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  /** By name: its password answers challenges, its rules hold. Without it none is answered. */
  readonly trunk?: string | undefined;
  /** Of Route, first hop first: a registrar's Service-Route (RFC 3608), or an outbound proxy; each in angle brackets. */
  readonly routes?: readonly string[];
  /** One less than the call had that this one goes on with, where there is one; 70 else. */
  readonly maxForwards?: number;
}

/** The INVITE again and again, each time with the next sequence number, without Via. @see RFC 3261 section 13.2.1 */
export class InviteDraft {
  readonly #call: OutgoingCall;
  readonly #host: SessionHost;
  readonly #identity: { readonly from: string; readonly callId: string };
  #sequence = 0;

  get callId(): string {
    return this.#identity.callId;
  }

  constructor(call: OutgoingCall, host: SessionHost, callId: string) {
    this.#call = call;
    this.#host = host;
    this.#identity = { from: `${call.from};tag=${host.newTag()}`, callId };
  }

  build(capabilities: readonly HeaderField[]): SipRequest {
    const { target, to, flow, sdp, headers = [], routes = [], maxForwards = 70 } = this.#call;
    this.#sequence += 1;
    return {
      kind: 'request',
      method: 'INVITE',
      requestUri: target,
      headers: [
        ...routes.map((value) => ({ name: 'Route', value })),
        { name: 'Max-Forwards', value: String(maxForwards) },
        { name: 'From', value: this.#identity.from },
        { name: 'To', value: to ?? `<${target}>` },
        { name: 'Call-ID', value: this.#identity.callId },
        { name: 'CSeq', value: `${this.#sequence} INVITE` },
        // "If the Request-URI or top Route header field value contains a SIPS URI", so must Contact (section 8.1.1.8).
        this.#host.contact(flow, isSips(target) || isSips((routes[0] ?? '').replace(/^[^<]*</, ''))),
        allowHeader,
        ...capabilities,
        ...this.#host.requestHeaders,
        ...headers,
        sdpContentType,
      ],
      body: Buffer.from(sdp, 'utf8'),
    };
  }
}
