/** One header field as it stood on the wire: the name as written, the value unfolded and trimmed. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** A SIP message, lossless: every header in its order. Typed views are parsed on demand (`headers.ts`). */
export type SipMessage = SipRequest | SipResponse;

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  /** As written; `parseUri` gives its parts. */
  readonly requestUri: string;
  readonly headers: HeaderField[];
  readonly body: Uint8Array;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly statusCode: number;
  readonly reasonPhrase: string;
  readonly headers: HeaderField[];
  readonly body: Uint8Array;
}
