import { connect, createServer, type Server, type Socket } from 'node:net';
import type { SipFlow, SipFramer, SipReceiver } from './sip-flow.ts';
import { SipTcpConnection, type SipTcpLimits } from './sip-tcp-connection.ts';

export interface SipTcpOptions<Failure> {
  readonly newFramer: () => SipFramer<Failure>;
  readonly receiver: SipReceiver<Failure>;
  /** Whether a peer may connect at all: asked before anything is read. */
  readonly admits: (remoteAddress: string) => boolean;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly connectTimeoutMs?: number;
  readonly limits?: SipTcpLimits;
}

/** Every TCP listener and connection: those of peers, and those opened because something is to be sent. */
export class SipTcp<Failure> {
  readonly #options: Required<SipTcpOptions<Failure>>;
  readonly #servers: Server[] = [];
  readonly #byId: Map<number, SipTcpConnection<Failure>> = new Map();
  /** By remote address and port, the latest: what is sent without naming a connection goes over it. */
  readonly #byAddress: Map<string, SipTcpConnection<Failure>> = new Map();
  readonly #perAddress: Map<string, number> = new Map();
  #nextId = 1;
  #isStopped = false;

  constructor(options: SipTcpOptions<Failure>) {
    this.#options = { ...defaults, ...options };
  }

  get connections(): number {
    return this.#byId.size;
  }

  /** Gives the port; rejects with the system's error. */
  async listen(address: string, port: number): Promise<number> {
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
    server.on('connection', (socket) => this.#accept(socket, localPort));
    this.#servers.push(server);
    return localPort;
  }

  send(flow: SipFlow, octets: Uint8Array): void {
    if (this.#isStopped) return;
    const connection =
      flow.connectionId === undefined
        ? (this.#byAddress.get(addressKey(flow)) ?? this.#open(flow))
        : this.#byId.get(flow.connectionId);
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

  #accept(socket: Socket, localPort: number): void {
    const { localAddress, remoteAddress, remotePort } = socket;
    const { admits, maxConnections, maxConnectionsPerAddress } = this.#options;
    if (localAddress === undefined || remoteAddress === undefined || remotePort === undefined) {
      socket.destroy();
      return;
    }
    const ofAddress = this.#perAddress.get(remoteAddress) ?? 0;
    if (
      !admits(remoteAddress) ||
      ofAddress >= maxConnectionsPerAddress ||
      this.#byId.size >= maxConnections
    ) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    this.#perAddress.set(remoteAddress, ofAddress + 1);
    const flow = { transport: 'tcp', localAddress, localPort, remoteAddress, remotePort } as const;
    this.#add(socket, flow, true);
  }

  #open(flow: SipFlow): SipTcpConnection<Failure> {
    const { localAddress, remoteAddress, remotePort } = flow;
    const socket = connect({
      host: remoteAddress,
      port: remotePort,
      lookup: neverLookUp,
      ...(isWildcard(localAddress) ? {} : { localAddress }),
    });
    socket.setTimeout(this.#options.connectTimeoutMs, () => {
      if (socket.connecting) socket.destroy();
    });
    socket.once('connect', () => socket.setTimeout(0));
    return this.#add(socket, flow, false);
  }

  #add(socket: Socket, address: SipFlow, isAccepted: boolean): SipTcpConnection<Failure> {
    const { newFramer, receiver, limits } = this.#options;
    const flow = { ...address, connectionId: this.#nextId++ };
    const connection = new SipTcpConnection({
      socket,
      flow,
      framer: newFramer(),
      receiver,
      limits,
      isAccepted,
      onClose: () => {
        this.#remove(flow, connection, isAccepted);
        if (!this.#isStopped) receiver.failed(flow);
      },
    });
    this.#byId.set(flow.connectionId, connection);
    this.#byAddress.set(addressKey(flow), connection);
    return connection;
  }

  #remove(flow: Required<SipFlow>, connection: SipTcpConnection<Failure>, isAccepted: boolean): void {
    this.#byId.delete(flow.connectionId);
    if (this.#byAddress.get(addressKey(flow)) === connection) this.#byAddress.delete(addressKey(flow));
    if (!isAccepted) return;
    const left = (this.#perAddress.get(flow.remoteAddress) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(flow.remoteAddress);
    else this.#perAddress.set(flow.remoteAddress, left);
  }
}

function addressKey({ remoteAddress, remotePort }: SipFlow): string {
  return `${remoteAddress} ${remotePort}`;
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
  connectTimeoutMs: 5000,
  limits: { messageTimeoutMs: 10_000, maxUnsentOctets: 1_048_576 },
};
const CLOSING_GRACE_MS = 1000;
