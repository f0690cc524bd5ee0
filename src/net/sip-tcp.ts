import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SipFlow, SipFramer, SipReceiver } from './sip-flow.ts';
import { SipTcpConnection, type SipTcpLimits } from './sip-tcp-connection.ts';
import type { SipTlsAcceptor } from './sip-tls-acceptor.ts';
import type { SipTlsDialer } from './sip-tls-dialer.ts';

export interface SipTcpOptions<Failure> {
  readonly newFramer: () => SipFramer<Failure>;
  readonly receiver: SipReceiver<Failure>;
  /** Something of ours threw over what came in: its connection is closed. */
  readonly onBug: (error: unknown) => void;
  /** Whether a peer may connect at all: asked before anything is read. */
  readonly admits: (remoteAddress: string, transport: 'tcp' | 'tls') => boolean;
  readonly dialer: SipTlsDialer;
  /** Where a flow over TLS does not say as whom we go. */
  readonly identityOf: (flow: SipFlow) => string | undefined;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly connectTimeoutMs: number;
  readonly limits?: SipTcpLimits;
}

/**
 * Every listener and connection over TCP, plain or with TLS: those of peers, and those opened because something is to be
 * sent.
 */
export class SipTcp<Failure> {
  readonly #options: Required<SipTcpOptions<Failure>>;
  readonly #servers: Server[] = [];
  readonly #byId: Map<number, SipTcpConnection<Failure>> = new Map();
  /** By the way they go, the latest: what is sent without naming a connection goes over it. */
  readonly #byWay: Map<string, SipTcpConnection<Failure>> = new Map();
  readonly #perAddress: Map<string, number> = new Map();
  #nextId = 1;
  #isStopped = false;

  constructor(options: SipTcpOptions<Failure>) {
    this.#options = { ...defaults, ...options };
  }

  get connections(): number {
    return this.#byId.size;
  }

  /** With `tls`, every connection goes through it first. Gives the port; rejects with the system's error. */
  async listen(address: string, port: number, tls?: SipTlsAcceptor): Promise<number> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, exclusive: true, ipv6Only: address.includes(':') }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const bound = server.address();
    const localPort = typeof bound === 'object' && bound !== null ? bound.port : port;
    // Accepting can fail for want of descriptors: the next one may succeed.
    server.on('error', () => {});
    server.on('connection', (socket) => this.#accept(socket, localPort, tls));
    this.#servers.push(server);
    return localPort;
  }

  send(flow: SipFlow, octets: Uint8Array): void {
    if (this.#isStopped) return;
    const connection =
      flow.connectionId === undefined ? this.#connectionTo(flow) : this.#byId.get(flow.connectionId);
    if (connection !== undefined) connection.send(octets);
    else setImmediate(() => this.#options.receiver.failed(flow));
  }

  /** What is unsent still leaves, for a second at most. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const closing = [...this.#byId.values()].map((connection) => connection.close(CLOSING_GRACE_MS));
    const servers = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await Promise.all([...closing, ...servers]);
  }

  #accept(socket: Socket, localPort: number, tls: SipTlsAcceptor | undefined): void {
    const { localAddress, remoteAddress, remotePort } = socket;
    const { admits, maxConnections, maxConnectionsPerAddress } = this.#options;
    const transport = tls === undefined ? 'tcp' : 'tls';
    if (localAddress === undefined || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const ofAddress = this.#perAddress.get(remoteAddress) ?? 0;
    if (
      !admits(remoteAddress, transport) ||
      ofAddress >= maxConnectionsPerAddress ||
      this.#byId.size >= maxConnections
    ) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.#perAddress.set(remoteAddress, ofAddress + 1);
    socket.once('close', () => this.#release(remoteAddress));
    const flow = { transport, localAddress, localPort, remoteAddress, remotePort } as const;
    if (tls === undefined) this.#add(socket, flow, { isAccepted: true, isReady: true });
    else
      tls.secure(socket, (secured, certifiedNames) => {
        if (this.#isStopped) secured.destroy();
        else {
          const names = certifiedNames === undefined ? {} : { certifiedNames };
          this.#add(secured, { ...flow, ...names }, { isAccepted: true, isReady: true });
        }
      });
  }

  #connectionTo(flow: SipFlow): SipTcpConnection<Failure> {
    if (flow.transport !== 'tls') return this.#byWay.get(wayOf(flow)) ?? this.#open(flow);
    const { serverName = flow.remoteAddress, identity = this.#options.identityOf(flow) } = flow.tls ?? {};
    // What the peer had proven over another connection counts for nothing over this one.
    const { certifiedNames: _unproven, ...address } = flow;
    const named = { ...address, tls: { serverName, ...(identity !== undefined && { identity }) } };
    return this.#byWay.get(wayOf(named)) ?? this.#open(named);
  }

  #open(flow: SipFlow): SipTcpConnection<Failure> {
    const { localAddress, remoteAddress, remotePort } = flow;
    const options = {
      host: remoteAddress,
      port: remotePort,
      lookup: neverLookUp,
      ...(isWildcard(localAddress) ? {} : { localAddress }),
    };
    if (flow.transport === 'tls') {
      const secured = this.#options.dialer.dial(flow, options, (names) => connection.ready(names));
      const connection = this.#add(secured, flow, { isAccepted: false, isReady: false });
      return connection;
    }
    const socket = connect(options);
    socket.setTimeout(this.#options.connectTimeoutMs, () => {
      if (socket.connecting) socket.destroy();
    });
    socket.once('connect', () => socket.setTimeout(0));
    return this.#add(socket, flow, { isAccepted: false, isReady: true });
  }

  #add(
    socket: Socket,
    way: SipFlow,
    state: { isAccepted: boolean; isReady: boolean },
  ): SipTcpConnection<Failure> {
    const { newFramer, receiver, limits, onBug } = this.#options;
    const connectionId = this.#nextId++;
    const key = wayOf(way);
    const connection = new SipTcpConnection({
      ...{ socket, receiver, limits, onBug, ...state },
      flow: { ...way, connectionId },
      framer: newFramer(),
      onClose: ({ flow }) => {
        this.#byId.delete(connectionId);
        if (this.#byWay.get(key) === connection) this.#byWay.delete(key);
        if (!this.#isStopped) receiver.failed(flow);
      },
    });
    this.#byId.set(connectionId, connection);
    this.#byWay.set(key, connection);
    return connection;
  }

  #release(remoteAddress: string): void {
    const left = (this.#perAddress.get(remoteAddress) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(remoteAddress);
    else this.#perAddress.set(remoteAddress, left);
  }
}

/** Over TLS for one server name and one identity of ours alone. */
function wayOf({ transport, remoteAddress, remotePort, tls }: SipFlow): string {
  const way = `${transport} ${remoteAddress} ${remotePort}`;
  return tls === undefined ? way : `${way} ${tls.serverName}\n${tls.identity ?? ''}`;
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** A name in a message must never become a query. */
function neverLookUp(
  hostname: string,
  _options: unknown,
  done: (error: Error, address: string) => void,
): void {
  done(new Error(`not an address: ${hostname}`), '');
}

const defaults = {
  maxConnections: 1024,
  maxConnectionsPerAddress: 64,
  limits: { messageTimeoutMs: 10_000, maxUnsentOctets: 1_048_576 },
};
const CLOSING_GRACE_MS = 1000;
