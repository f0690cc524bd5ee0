/** Somebody who was told nothing of a call, and sends all that could harm it to media ports: from 127.0.0.2. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { pcmaEncoder } from '../../codecs/pcma.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { tone } from './audio.ts';

/** A stream that it has got to know, by whatever way: its SSRC, and the number and time of its latest packet. */
export interface KnownStream {
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
}

export class MediaAttacker {
  /** Octets that came back: the switch should send it none. */
  octets = 0;
  datagrams = 0;
  sent = 0;
  readonly #socket: Socket;
  #rounds = 0;
  #timer: NodeJS.Timeout | undefined;

  static async open(address = '127.0.0.2'): Promise<MediaAttacker> {
    const socket = createSocket('udp4');
    socket.bind(0, address);
    await once(socket, 'listening');
    return new MediaAttacker(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (datagram) => {
      this.octets += datagram.length;
      this.datagrams += 1;
    });
  }

  /** Everything to every port of the range, each 20 ms, under an SSRC of its own and under those of `known`. */
  spray(portMin: number, portMax: number, known: () => readonly KnownStream[]): void {
    this.#timer = setInterval(() => {
      this.#rounds += 1;
      const own = { ssrc: 0x0bad, sequence: this.#rounds, timestamp: this.#rounds * 160 };
      const datagrams = [own, ...known()].flatMap((stream) => everythingUnder(stream));
      for (let port = portMin; port <= portMax; port++)
        for (const datagram of datagrams) this.#socket.send(datagram, port, '127.0.0.1');
      this.sent += datagrams.length * (portMax - portMin + 1);
    }, 20);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }
}

/** The next packet of audio, one of a key press with its end, and RTCP. */
function everythingUnder({ ssrc, sequence, timestamp }: KnownStream): Uint8Array[] {
  const audio = new Uint8Array(12 + attack.length);
  writeRtpHeader(audio, 8, false, (sequence + 1) & 0xffff, (timestamp + 160) >>> 0, ssrc);
  audio.set(attack, 12);
  const key = new Uint8Array(16);
  writeRtpHeader(key, 101, true, (sequence + 2) & 0xffff, (timestamp + 320) >>> 0, ssrc);
  key.set([9, 0x8a, 3, 32], 12);
  const bye = Buffer.from([0x81, 203, 0, 1, 0, 0, 0, 0]);
  bye.writeUInt32BE(ssrc, 4);
  // AST-2017-008: four octets are all there is of it.
  return [audio, key, bye, Uint8Array.of(0x80, 201, 0, 0)];
}

/** Where it would be heard. */
export const ATTACK_HZ = 2000;
const attack = new Uint8Array(160);
pcmaEncoder.encode(tone(ATTACK_HZ, { rateHz: 8000, lengthSamples: 160, levelDb: -3 }), 0, 160, attack, 0);
