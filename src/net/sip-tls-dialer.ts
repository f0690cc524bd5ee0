import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  connect,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { certifiedNames, isCertifiedFor } from './certified-names.ts';
import type { SipFlow } from './sip-flow.ts';
import { namesOf } from './sip-tls-acceptor.ts';
import { anonymous, clientContext, type TlsIdentity } from './tls-identity.ts';
import { refusalOfHandshake, type TlsTrouble } from './tls-trouble.ts';

export interface SipTlsDialerOptions {
  /** By name, as flows have it. */
  readonly identities: ReadonlyMap<string, TlsIdentity>;
  readonly connectTimeoutMs: number;
  readonly onTrouble: (trouble: TlsTrouble) => void;
}

/** Opens TLS connections: each for one server name and one identity of ours, and to nobody who proves less. */
export class SipTlsDialer {
  readonly #options: SipTlsDialerOptions;
  #contexts: Map<string | undefined, SecureContext>;

  /** Throws where an identity's certificates cannot be used. */
  constructor(options: SipTlsDialerOptions) {
    this.#options = options;
    this.#contexts = this.#load();
  }

  /** New connections use the new certificates; undefined, or why the old ones stay. */
  reload(): string | undefined {
    try {
      this.#contexts = this.#load();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** `onSecure` is called once the server has proven its name; before, nothing may be written. */
  dial(
    flow: SipFlow,
    options: ConnectionOptions,
    onSecure: (names: readonly string[] | undefined) => void,
  ): TLSSocket {
    const { serverName = flow.remoteAddress, identity: name } = flow.tls ?? {};
    const identity = this.#identity(name);
    const context = this.#contexts.get(this.#contexts.has(name) ? name : undefined);
    let verdict: Error | undefined;
    const socket = connect({
      ...options,
      ...(context !== undefined && { secureContext: context }),
      ...(isIP(serverName) === 0 && { servername: serverName }),
      rejectUnauthorized: !identity.insecure,
      checkServerIdentity: (_host, certificate) => {
        verdict = mismatch(certificate, [serverName, ...identity.names]);
        return verdict;
      },
    });
    const { remoteAddress, remotePort } = flow;
    const tell = (error: Error): void => {
      const isUntrusted = error === verdict || isOfVerification(error);
      this.#options.onTrouble({
        reason: isUntrusted ? 'tls-untrusted-server' : refusalOfHandshake(error),
        detail: error.message,
        ...{ remoteAddress, remotePort, serverName, identity: name },
      });
    };
    const timer = setTimeout(() => {
      socket.destroy();
      tell(Object.assign(new Error('no handshake in time'), { code: 'ERR_TLS_HANDSHAKE_TIMEOUT' }));
    }, this.#options.connectTimeoutMs);
    let state: 'connecting' | 'handshake' | 'secure' = 'connecting';
    socket.once('close', () => clearTimeout(timer));
    socket.once('connect', () => {
      state = 'handshake';
    });
    socket.on('error', (error) => {
      // Nobody there, or gone later: the same as over TCP. But over TLS 1.3 a server refuses our certificate later too.
      if (state === 'handshake' || (state === 'secure' && isOfTls(error))) tell(error);
    });
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      state = 'secure';
      onSecure(socket.authorized ? namesOf(socket) : undefined);
    });
    return socket;
  }

  #identity(name: string | undefined): TlsIdentity {
    return (name === undefined ? undefined : this.#options.identities.get(name)) ?? anonymous;
  }

  #load(): Map<string | undefined, SecureContext> {
    const contexts = new Map<string | undefined, SecureContext>([[undefined, clientContext(anonymous)]]);
    for (const [name, identity] of this.#options.identities) {
      try {
        contexts.set(name, clientContext(identity));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${name}: ${reason}`, { cause: error });
      }
    }
    return contexts;
  }
}

function mismatch(
  { subject, subjectaltname }: PeerCertificate,
  wanted: readonly string[],
): Error | undefined {
  const [commonName] = [subject?.CN].flat();
  const names = certifiedNames({ altNames: subjectaltname, commonName });
  if (isCertifiedFor(names, wanted)) return undefined;
  return new Error(`the certificate names ${names.join(', ') || 'nobody'}, not ${wanted.join(' or ')}`);
}

/** Verification has codes of its own, like `CERT_HAS_EXPIRED`; others begin with an `E`. */
function isOfVerification(error: Error): boolean {
  return 'code' in error && !String(error.code).startsWith('E');
}

function isOfTls(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('ERR_SSL_');
}
