import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

/** Makes the sockets that media runs on. One implementation uses `node:dgram`; others may batch system calls. */
export interface UdpBackend {
  /** Rejects with the system's error, `EADDRINUSE` among them. */
  bind(address: string, port: number, family: 'ipv4' | 'ipv6', receiver: DatagramReceiver): Promise<UdpPort>;
}

/** `datagram` is the receiver's from now on. `address` is numeric. */
export type DatagramReceiver = (datagram: Uint8Array, address: string, port: number) => void;

export interface UdpPort {
  /** Bound local port. */
  readonly port: number;
  /** Errors the system told about this port: ICMP, full buffers. Media goes on. */
  readonly errors: number;
  /** Sends all of `datagram`, whose octets must stay until the next turn of the event loop. */
  send(datagram: Uint8Array, address: string, port: number): void;
  close(): void;
}

export const dgramBackend: UdpBackend = {
  bind(address, port, family, receiver) {
    return new Promise((resolve, reject) => {
      const socket = createSocket({
        type: family === 'ipv4' ? 'udp4' : 'udp6',
        ipv6Only: family === 'ipv6',
        lookup: numericLookup,
      });
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve(new DgramPort(socket, receiver));
      });
    });
  },
};

class DgramPort implements UdpPort {
  readonly port: number;
  readonly #socket: Socket;
  #open = true;
  #errors = 0;

  constructor(socket: Socket, receiver: DatagramReceiver) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('error', () => {
      this.#errors += 1;
    });
    socket.on('message', (datagram: Buffer, remote: RemoteInfo) => {
      receiver(datagram, remote.address, remote.port);
    });
  }

  get errors(): number {
    return this.#errors;
  }

  send(datagram: Uint8Array, address: string, port: number): void {
    if (this.#open) this.#socket.send(datagram, port, address);
  }

  /** What was sent in this turn of the event loop still leaves. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    setImmediate(() => this.#socket.close());
  }
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/** Media goes to numeric addresses only: nothing to look up, and no thread-pool round trip for it. */
function numericLookup(hostname: string, _options: unknown, done: LookupCallback): void {
  done(null, hostname, hostname.includes(':') ? 6 : 4);
}
