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
}

/** Retransmission timers run only where the transport does not do it (RFC 3261 section 17). */
export function isReliable(flow: Flow): boolean {
  return flow.transport !== 'udp';
}
