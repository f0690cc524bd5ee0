/** A way to a peer, in the shape the SIP stack has it; what runs over it is none of the network's business. */
export interface SipFlow {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Absent over UDP, and where a connection is yet to be opened. */
  readonly connectionId?: number;
  /** Whom a connection we open over TLS is for. */
  readonly tls?: SipFlowTls;
  /** What the peer has proven by its certificate to be. */
  readonly certifiedNames?: readonly string[];
}

interface SipFlowTls {
  /** The name the server must prove: a domain or an address. */
  readonly serverName: string;
  /** Whose certificate of ours is shown, and who is trusted: the name of a `TlsIdentity`. */
  readonly identity?: string;
}

/** Cuts one connection's stream into messages. */
export interface SipFramer<Failure> {
  /** Whether a message has begun and not ended. */
  readonly isInsideMessage: boolean;
  push(octets: Uint8Array): SipFrame<Failure>[];
}

type SipFrame<Failure> =
  | { readonly kind: 'message'; readonly octets: Uint8Array }
  | { readonly kind: 'ping' }
  | { readonly kind: 'broken'; readonly failure: Failure };

/** Told from the event loop. `octets` are the receiver's to keep. */
export interface SipReceiver<Failure> {
  message(octets: Uint8Array, flow: SipFlow): void;
  /** The stream cannot be followed any further. What is sent in answer now still leaves, then the connection closes. */
  broken(failure: Failure, flow: SipFlow): void;
  /** What was sent over the flow did not arrive, or its connection is gone. */
  failed(flow: SipFlow): void;
  /** A turn of the event loop has read what had come to a UDP socket; `isUnread`: there may be more than it reads at a time. */
  turned?(listener: string, isUnread: boolean): void;
}
