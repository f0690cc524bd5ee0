import { decodeL16 } from '../../../codecs/l16.ts';

/** Raw 16-bit little-endian samples from octets as the network cuts them, in chunks of a useful length. */
export class PcmReader {
  readonly #leastOctets: number;
  #waiting: Uint8Array[] = [];
  #octets = 0;

  /** Chunks are no shorter than `leastSamples`, but for the last one. */
  constructor(leastSamples: number) {
    this.#leastOctets = leastSamples * 2;
  }

  /** The octets are the reader's from now on. Undefined while there are too few. */
  push(octets: Uint8Array): Int16Array | undefined {
    this.#waiting.push(octets);
    this.#octets += octets.length;
    return this.#octets < this.#leastOctets ? undefined : this.#take();
  }

  /** What is left; half a sample is not. */
  finish(): Int16Array | undefined {
    return this.#octets < 2 ? undefined : this.#take();
  }

  #take(): Int16Array {
    const octets = Buffer.concat(this.#waiting);
    const samples = new Int16Array(octets.length >> 1);
    decodeL16(octets, 0, octets.length, samples, 0);
    this.#waiting = octets.length % 2 === 1 ? [octets.subarray(octets.length - 1)] : [];
    this.#octets = octets.length % 2;
    return samples;
  }
}
