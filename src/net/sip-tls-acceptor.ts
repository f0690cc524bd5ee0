import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { certifiedNames } from './certified-names.ts';
import { type CertificateSummary, loadCredentials, type TlsListenerOptions } from './tls-credentials.ts';
import { refusalOfHandshake, type TlsTrouble } from './tls-trouble.ts';

export interface TlsLimits {
  readonly handshakeTimeoutMs: number;
  readonly maxHandshakes: number;
  readonly maxHandshakesPerAddress: number;
}

interface Handshake {
  readonly socket: Socket;
  readonly finish: (socket: TLSSocket, names: readonly string[] | undefined) => void;
}

/** What reading the certificates gave: what is in use from now on, or why the old ones stay. */
export type TlsReload =
  | { readonly kind: 'loaded'; readonly certificates: readonly CertificateSummary[] }
  | { readonly kind: 'kept'; readonly trouble: string };

/** The TLS side of one listener: takes accepted TCP connections through the handshake, a bounded number at a time. */
export class SipTlsAcceptor {
  readonly #options: TlsListenerOptions;
  readonly #limits: TlsLimits;
  readonly #onTrouble: (trouble: TlsTrouble) => void;
  readonly #server: Server;
  /** Handshakes under way, by remote address and port. */
  readonly #pending: Map<string, Handshake> = new Map();
  readonly #pendingPerAddress: Map<string, number> = new Map();
  #credentials: Exclude<ReturnType<typeof loadCredentials>, { readonly trouble: string }>;

  /** Throws where the certificates cannot be used. */
  constructor(options: TlsListenerOptions, limits: TlsLimits, onTrouble: (trouble: TlsTrouble) => void) {
    const credentials = loadCredentials(options);
    if ('trouble' in credentials) throw new Error(credentials.trouble);
    this.#options = options;
    this.#limits = limits;
    this.#onTrouble = onTrouble;
    this.#credentials = credentials;
    this.#server = createServer({
      ...credentials.options,
      SNICallback: (name, done) => done(null, this.#credentials.contextFor(name)),
      handshakeTimeout: limits.handshakeTimeoutMs,
      requestCert: options.clientCertificate !== 'none',
      // Judged here, so that the reason is known.
      rejectUnauthorized: false,
    });
    this.#server.on('secureConnection', (socket) => this.#finish(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#fail(error, socket));
  }

  get certificates(): readonly CertificateSummary[] {
    return this.#credentials.summaries;
  }

  get handshakes(): number {
    return this.#pending.size;
  }

  /** Connections that stand go on; new ones get the new certificates, or the old ones where those cannot be used. */
  reload(): TlsReload {
    const credentials = loadCredentials(this.#options);
    if ('trouble' in credentials) return { kind: 'kept', trouble: credentials.trouble };
    this.#credentials = credentials;
    this.#server.setSecureContext(credentials.options);
    return { kind: 'loaded', certificates: credentials.summaries };
  }

  /** `onSecure` is called at most once; a connection that fails is closed. The names are undefined where none is proven. */
  secure(socket: Socket, onSecure: (socket: TLSSocket, names: readonly string[] | undefined) => void): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const ofAddress = this.#pendingPerAddress.get(remoteAddress) ?? 0;
    const { maxHandshakes, maxHandshakesPerAddress } = this.#limits;
    if (ofAddress >= maxHandshakesPerAddress || this.#pending.size >= maxHandshakes) {
      socket.on('error', () => {});
      socket.destroy();
      const detail = `${this.#pending.size} under way, ${ofAddress} of this address`;
      this.#onTrouble({ reason: 'tls-too-many-handshakes', detail, remoteAddress, remotePort });
      return;
    }
    const key = `${remoteAddress} ${remotePort}`;
    const release = (): void => {
      if (!this.#pending.delete(key)) return;
      const left = (this.#pendingPerAddress.get(remoteAddress) ?? 1) - 1;
      if (left === 0) this.#pendingPerAddress.delete(remoteAddress);
      else this.#pendingPerAddress.set(remoteAddress, left);
    };
    this.#pendingPerAddress.set(remoteAddress, ofAddress + 1);
    const finish: Handshake['finish'] = (secured, names) => {
      release();
      onSecure(secured, names);
    };
    this.#pending.set(key, { socket, finish });
    socket.once('close', release);
    // What goes wrong is told of the TLS socket around it.
    socket.on('error', () => {});
    this.#server.emit('connection', socket);
  }

  /** Gives up what is not finished. */
  stop(): void {
    for (const { socket } of [...this.#pending.values()]) socket.destroy();
  }

  #finish(socket: TLSSocket): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    // Between here and its owner nobody else listens for errors.
    socket.on('error', () => {});
    const isRequired = this.#options.clientCertificate === 'require';
    if (isRequired && !socket.authorized) {
      const detail = String(socket.authorizationError ?? 'no certificate');
      this.#onTrouble({ reason: 'tls-untrusted-client', detail, remoteAddress, remotePort });
      socket.destroy();
      return;
    }
    const handshake = this.#pending.get(`${remoteAddress} ${remotePort}`);
    if (handshake === undefined) socket.destroy();
    else handshake.finish(socket, socket.authorized ? namesOf(socket) : undefined);
  }

  #fail(error: Error, socket: TLSSocket): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const reason = refusalOfHandshake(error);
    this.#onTrouble({ reason, detail: detailOf(error), remoteAddress, remotePort });
    // Node leaves it open after a time-out.
    socket.destroy();
  }
}

/** Of a peer whose certificate is verified. */
export function namesOf(socket: TLSSocket): string[] {
  const { subject, subjectaltname } = socket.getPeerCertificate();
  const [commonName] = [subject?.CN].flat();
  return certifiedNames({ altNames: subjectaltname, commonName });
}

function detailOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
