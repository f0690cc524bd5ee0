/**
 * A way to a peer: for UDP our socket and the peer's address, for TCP and TLS one connection. Plain data, so that a
 * dialog can be stored with it.
 */
export interface Flow {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /**
   * Which connection, for transports that have one; absent when none is open yet: the net layer then opens one
   * to the remote address and reports its flow with what arrives on it.
   */
  readonly connectionId?: number;
  /** Whom a connection we open over TLS is for: no other may carry what goes this way. */
  readonly tls?: FlowTls;
  /**
   * Over TLS, what the peer has proven by its certificate to be: SIP domains, host names and addresses in lower case
   * (RFC 5922 section 7.1). Absent where it has proven nothing.
   */
  readonly certifiedNames?: readonly string[];
}

interface FlowTls {
  /** The domain of the URI that led here, or its address: what the server has to prove (RFC 5922 section 7.3). */
  readonly serverName: string;
  /** The trunk whose certificate of ours is shown, and whose authorities are trusted. */
  readonly identity?: string;
}

/** Retransmission timers run only where the transport does not do it (RFC 3261 section 17). */
export function isReliable(flow: Flow): boolean {
  return flow.transport !== 'udp';
}
