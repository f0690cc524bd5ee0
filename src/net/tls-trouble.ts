/** Why a TLS connection did not come about: labels of a counter. */
export type TlsRefusal =
  /** A peer spoke plain text to the TLS port. */
  | 'tls-plain-text'
  /** The peer did not finish its handshake in time. */
  | 'tls-timeout'
  /** The peer has too many handshakes under way. */
  | 'tls-too-many-handshakes'
  /** The peer went away in the middle: often it does not trust our certificate. */
  | 'tls-abandoned'
  /** No common version or cipher, or what the peer sends makes no sense. */
  | 'tls-failed'
  /** A client certificate is required, and there was none that we trust. */
  | 'tls-untrusted-client'
  /** The certificate of a server we called is not to be trusted, or is somebody else's. */
  | 'tls-untrusted-server';

export interface TlsTrouble {
  readonly reason: TlsRefusal;
  /** What OpenSSL or Node says, or the names that were found. */
  readonly detail: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Of a connection of ours: what it was for. */
  readonly serverName?: string | undefined;
  readonly identity?: string | undefined;
}

/** Of the error that ended a handshake. */
export function refusalOfHandshake(error: Error): TlsRefusal {
  const code = 'code' in error ? String(error.code) : '';
  if (PLAIN_TEXT.has(code)) return 'tls-plain-text';
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return 'tls-timeout';
  return code === 'ECONNRESET' || code === 'EPIPE' ? 'tls-abandoned' : 'tls-failed';
}

/** The first octets were no TLS record at all; OpenSSL takes `OPTIONS`, `GET` and the like for HTTP. */
const PLAIN_TEXT: ReadonlySet<string> = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_HTTP_REQUEST']);
