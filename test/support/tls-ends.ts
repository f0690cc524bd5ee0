/** Both ends of TLS on loopback: our SIP transport, and clients and servers of Node's own. */
import { connect, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  createServer,
  type TLSSocket,
  type TlsOptions,
  connect as tlsConnect,
} from 'node:tls';
import type { SipFlow } from '../../src/net/sip-flow.ts';
import { type SipListen, SipTransport, type SipTransportOptions } from '../../src/net/sip-transport.ts';
import type { TlsTrouble } from '../../src/net/tls-trouble.ts';
import type { ParseFailure } from '../../src/sip/message/refusal.ts';
import { StreamFramer } from '../../src/sip/message/stream-framer.ts';
import { type Authority, type Certified, makeAuthority } from './certificates.ts';
import { peersPresent } from './peers.ts';
import { requestText } from './sip-text.ts';

export const OPTIONS: string = requestText('OPTIONS sip:x@127.0.0.1 SIP/2.0', 'OPTIONS');
export const hasOpenssl: boolean = peersPresent('openssl');
export const authority: Authority = hasOpenssl ? makeAuthority() : undefined!;
/** Whom nobody trusts. */
export const stranger: Authority = hasOpenssl ? makeAuthority() : undefined!;

export const cleanups: (() => unknown)[] = [];
/** What is open is closed: after each test. */
export async function closeAll(): Promise<void> {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}

type TlsListen = Extract<SipListen, { transport: 'tls' }>;

/** A certificate and key that a test may replace, as a file on the disk. */
export function pem({ certificate, key }: Certified): {
  replace(next: Partial<Certified>): void;
  readonly pair: { certificate(): string; key(): string };
} {
  const current = { certificate, key };
  return {
    replace: (next) => void Object.assign(current, next),
    pair: { certificate: () => current.certificate, key: () => current.key },
  };
}

export class Listener {
  readonly arrived: { text: string; flow: SipFlow }[] = [];
  readonly failed: SipFlow[] = [];
  readonly broken: string[] = [];
  readonly troubles: TlsTrouble[] = [];
  readonly transport: SipTransport<ParseFailure>;

  static async start(
    tls: Partial<TlsListen> = {},
    options: Partial<SipTransportOptions<ParseFailure>> = {},
  ): Promise<Listener> {
    const listener = new Listener(tls, options);
    await listener.transport.start();
    cleanups.push(() => listener.transport.stop());
    return listener;
  }

  constructor(tls: Partial<TlsListen>, options: Partial<SipTransportOptions<ParseFailure>>) {
    const address = '127.0.0.1';
    this.transport = new SipTransport<ParseFailure>({
      listen: [
        { transport: 'udp', address, port: 0 },
        { transport: 'tcp', address, port: 0 },
        {
          ...{ transport: 'tls', address, port: 0, clientCertificate: 'none', minVersion: 'TLSv1.2' },
          certificates: [pem(authority.server).pair],
          ...tls,
        },
      ],
      newFramer: () => new StreamFramer(),
      admits: () => true,
      receiver: {
        message: (octets, flow) => this.arrived.push({ text: Buffer.from(octets).toString(), flow }),
        broken: ({ reason }) => this.broken.push(reason),
        failed: (flow) => this.failed.push(flow),
      },
      onTlsTrouble: (trouble) => this.troubles.push(trouble),
      onBug: (error) => {
        throw error;
      },
      ...options,
    });
  }

  get reasons(): string[] {
    return this.troubles.map(({ reason }) => reason);
  }

  port(transport: 'udp' | 'tcp' | 'tls'): number {
    return this.transport.listening.find((listen) => listen.transport === transport)!.port;
  }

  send(port: number, tls: { serverName: string; identity?: string }): void {
    const way = { localAddress: '127.0.0.1', localPort: this.port('tls'), remoteAddress: '127.0.0.1' };
    this.transport.send({ transport: 'tls', ...way, remotePort: port, tls }, Buffer.from(OPTIONS));
  }
}

/** A TLS client that trusts our authority: what it was shown, and what became of it. */
export function client(
  port: number,
  options: ConnectionOptions = {},
): {
  readonly socket: TLSSocket;
  readonly seen: { names: string; error: string; isClosed: boolean; heard: string };
} {
  const socket = tlsConnect({ port, host: '127.0.0.1', ca: authority.certificate, ...options });
  const seen = { names: '', error: '', isClosed: false, heard: '' };
  socket.on('secureConnect', () => {
    seen.names = socket.getPeerCertificate().subjectaltname ?? '';
  });
  socket.on('data', (octets) => {
    seen.heard += octets.toString();
  });
  socket.on('error', (error) => {
    seen.error = 'code' in error ? String(error.code) : error.message;
  });
  socket.on('close', () => {
    seen.isClosed = true;
  });
  cleanups.push(() => socket.destroy());
  return { socket, seen };
}

export function plainClient(port: number, text: string | Uint8Array): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {});
  if (text.length > 0) socket.write(text);
  cleanups.push(() => socket.destroy());
  return socket;
}

/** Somebody else's server, which keeps what it is told. */
export async function tlsServer(
  options: TlsOptions,
): Promise<{ port: number; sockets: TLSSocket[]; heard: () => string }> {
  let heard = '';
  const sockets: TLSSocket[] = [];
  const server = createServer(options, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (octets) => {
      heard += octets.toString();
    });
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, sockets, heard: () => heard };
}

export async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 5000) throw new Error(`waited for five seconds in vain: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
