import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { SipFlow } from './sip-flow.ts';

export interface SipDatagramReceiver {
  message(octets: Uint8Array, flow: SipFlow): void;
  failed(flow: SipFlow): void;
  turned?(listener: string, isUnread: boolean): void;
}

/** One UDP address that SIP is listened on and sent from. */
export class SipUdpSocket {
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #receiver: SipDatagramReceiver;
  #isOpen = true;
  #readInTurn = 0;

  /** Rejects with the system's error. */
  static async bind(address: string, port: number, receiver: SipDatagramReceiver): Promise<SipUdpSocket> {
    const socket = createSocket({
      type: isIPv6(address) ? 'udp6' : 'udp4',
      ipv6Only: isIPv6(address),
      recvBufferSize: RECEIVE_BUFFER_OCTETS,
      lookup: numericOnly,
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new SipUdpSocket(socket, address, receiver);
  }

  private constructor(socket: Socket, address: string, receiver: SipDatagramReceiver) {
    this.#socket = socket;
    this.#receiver = receiver;
    this.address = address;
    this.port = socket.address().port;
    // Every send has a callback of its own; what is left concerns no message.
    socket.on('error', () => {});
    const listener = `${address} ${this.port}`;
    const endTurn = (): void => {
      const isUnread = this.#readInTurn >= READS_IN_TURN;
      this.#readInTurn = 0;
      receiver.turned?.(listener, isUnread);
      if (isUnread) setImmediate(endTurn);
    };
    socket.on('message', (octets, remote) => {
      if (this.#readInTurn++ === 0) setImmediate(endTurn);
      receiver.message(octets, {
        transport: 'udp',
        localAddress: address,
        localPort: this.port,
        remoteAddress: remote.address,
        remotePort: remote.port,
      });
    });
  }

  send(flow: SipFlow, octets: Uint8Array): void {
    if (!this.#isOpen) return;
    if (flow.remotePort === 0) {
      // A forged source may claim it, and the system's answer would be an exception.
      setImmediate(() => this.#receiver.failed(flow));
      return;
    }
    this.#socket.send(octets, flow.remotePort, flow.remoteAddress, (error) => {
      if (error !== null && this.#isOpen) this.#receiver.failed(flow);
    });
  }

  /** What has been sent still leaves. */
  close(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#isOpen = false;
    return new Promise((resolve) => setImmediate(() => this.#socket.close(() => resolve())));
  }
}

type LookupCallback = (error: Error | null, address: string, family: number) => void;

/** A name in a message must never become a query: what is not an address fails at once. */
function numericOnly(hostname: string, _options: unknown, done: LookupCallback): void {
  done(null, hostname, isIPv6(hostname) ? 6 : 4);
}

/** How many datagrams of one socket libuv reads before it looks at others (`uv__udp_recvmsg`). */
const READS_IN_TURN = 32;
/** Ours: a burst of a thousand INVITEs while the event loop is busy. The system may give less. */
const RECEIVE_BUFFER_OCTETS = 1_048_576;
