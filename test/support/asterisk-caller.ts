import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  AudioSocketReader,
  serializeAudio,
  serializeDigit,
  serializeHangUp,
  serializeUuid,
} from '../../src/agent/asterisk/audio-socket-frames.ts';
import { fromWire, toWire } from './agents/wire-samples.ts';

export interface AsteriskCallerOptions {
  readonly uuid?: string;
  readonly rateHz?: number;
  /** Said over and over, 20 ms at a time; absent: silence. */
  readonly voice?: Int16Array;
  readonly localAddress?: string;
}

/** Asterisk's end of an AudioSocket, in real time: what `AudioSocket()` in a dialplan does. */
export class AsteriskCaller {
  readonly heard: { readonly samples: Int16Array; readonly rateHz: number; readonly atMs: number }[] = [];
  /** When each frame was said, by the same clock. */
  readonly saidAtMs: number[] = [];
  /** 0x00 came. */
  wasHungUp = false;
  isClosed = false;
  readonly #socket: Socket;
  readonly #options: AsteriskCallerOptions;
  readonly #reader = new AudioSocketReader();
  #voice: Int16Array;
  #timer: NodeJS.Timeout | undefined;
  #said = 0;

  /** Connects and says who it is; then it talks. */
  static async call(port: number, options: AsteriskCallerOptions = {}): Promise<AsteriskCaller> {
    const caller = await AsteriskCaller.connect(port, options);
    caller.write(serializeUuid(options.uuid ?? ANY_UUID));
    caller.talk();
    return caller;
  }

  /** Connects and says nothing. */
  static async connect(port: number, options: AsteriskCallerOptions = {}): Promise<AsteriskCaller> {
    const { localAddress } = options;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...(localAddress && { localAddress }) });
    await once(socket, 'connect');
    return new AsteriskCaller(socket, options);
  }

  private constructor(socket: Socket, options: AsteriskCallerOptions) {
    const { rateHz = 8000, voice = new Int16Array(rateHz / 50) } = options;
    this.#socket = socket;
    this.#options = options;
    this.#voice = voice;
    socket.on('data', (octets) => this.#read(octets));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.isClosed = true;
      clearInterval(this.#timer);
    });
  }

  /** Frames of 20 ms on an absolute grid. */
  talk(): void {
    const beganMs = performance.now();
    const step = () => {
      while (performance.now() - beganMs >= this.#said * 20) this.sayFrame();
    };
    step();
    this.#timer = setInterval(step, 5);
  }

  sayFrame(): void {
    const { rateHz = 8000 } = this.#options;
    const samples = rateHz / 50;
    const from = (this.#said % Math.floor(this.#voice.length / samples)) * samples;
    this.#said += 1;
    this.saidAtMs.push(performance.now());
    this.write(serializeAudio(toWire(this.#voice.subarray(from, from + samples), 'l16'), rateHz));
  }

  press(digit: string): void {
    this.write(serializeDigit(digit));
  }

  write(octets: Uint8Array): void {
    this.#socket.write(octets);
  }

  /** Reads nothing any more. */
  stopReading(): void {
    this.#socket.pause();
  }

  hangUp(): void {
    clearInterval(this.#timer);
    this.#socket.end(serializeHangUp());
  }

  drop(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** What was heard from frame `from` on, one after the other. */
  heardSamples(from = 0): Int16Array {
    return Int16Array.from(this.heard.slice(from).flatMap(({ samples }) => [...samples]));
  }

  #read(octets: Uint8Array): void {
    const atMs = performance.now();
    this.#reader.push(octets);
    for (let frame = this.#reader.take(); frame !== undefined; frame = this.#reader.take()) {
      if (frame.kind === 'hang-up') this.wasHungUp = true;
      if (frame.kind !== 'audio') continue;
      this.heard.push({ samples: fromWire(Buffer.from(frame.octets), 'l16'), rateHz: frame.rateHz, atMs });
    }
  }
}

const ANY_UUID = '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11';
