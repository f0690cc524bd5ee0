import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { pcmuDecoder } from '../../codecs/pcmu.ts';
import { PhoneStream } from './leg-harness.ts';

/** A phone on loopback in real time: says its samples over and over and writes down what it hears. PCMU only. */
export class UdpPhone {
  readonly address: string;
  readonly port: number;
  /** RTP datagrams, in the order of arrival. */
  readonly heard: Buffer[] = [];
  /** Where the latest came from. */
  heardFromPort: number | undefined;
  /** When each of them came, and what was said when, by the same clock. */
  readonly heardAtMs: number[] = [];
  readonly said: { readonly datagram: Uint8Array; readonly atMs: number }[] = [];
  readonly #socket: Socket;
  readonly #stream: PhoneStream;
  #timer: NodeJS.Timeout | undefined;

  static async open(samples: Int16Array, address = '127.0.0.1'): Promise<UdpPhone> {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' });
    socket.bind(0, address);
    await once(socket, 'listening');
    return new UdpPhone(socket, samples);
  }

  private constructor(socket: Socket, samples: Int16Array) {
    this.#socket = socket;
    this.#stream = new PhoneStream(samples);
    const { address, port } = socket.address();
    this.address = address;
    this.port = port;
    socket.on('message', (datagram, { port: from }) => {
      this.heardFromPort = from;
      this.heard.push(datagram);
      this.heardAtMs.push(performance.now());
    });
  }

  /** One packet every 20 ms from now on. */
  talkTo(port: number): void {
    const startedAtMs = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      while (sent * 20 <= performance.now() - startedAtMs) {
        const datagram = this.#stream.next();
        this.said.push({ datagram, atMs: performance.now() });
        this.#socket.send(datagram, port, this.address);
        sent++;
      }
    }, 5);
  }

  send(datagram: Uint8Array, port: number): void {
    this.#socket.send(datagram, port, this.address);
  }

  /** The samples of the packets heard since the first `from`. */
  heardSamples(from: number): Int16Array {
    const packets = this.heard.slice(from);
    const samples = new Int16Array(packets.length * 160);
    packets.forEach((packet, index) => {
      pcmuDecoder.decode(packet, 12, packet.length - 12, samples, index * 160);
    });
    return samples;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}
