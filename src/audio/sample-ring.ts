import { invariant } from '../invariant.ts';

/**
 * The caller's voice on its way from the media worker that decodes it to the thread that listens to it: shared memory,
 * written on the tick without a message or an allocation, read whenever the reader likes. One writer, one reader.
 */
export class SampleRing {
  readonly buffer: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #samples: Int16Array;
  #readSamples: number;

  /** A reader of `buffer` begins with what is written from now on. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#header = new Int32Array(buffer, 0, HEADER_WORDS);
    this.#samples = new Int16Array(buffer, HEADER_WORDS * 4);
    this.#readSamples = this.#written;
  }

  /** `capacitySamples` is how far the reader may fall behind: a power of two, so that the count may wrap. */
  static create(capacitySamples: number, rateHz = 8000): SampleRing {
    invariant(Number.isInteger(Math.log2(capacitySamples)), 'ring capacities are constants of ours');
    const buffer = new SharedArrayBuffer(HEADER_WORDS * 4 + capacitySamples * 2);
    new Int32Array(buffer, 0, HEADER_WORDS)[RATE_HZ] = rateHz;
    return new SampleRing(buffer);
  }

  /** Of the samples: the writer's leg's. */
  get rateHz(): number {
    return this.#header[RATE_HZ]!;
  }

  /** Samples that wait for the reader. */
  get available(): number {
    return Math.min((this.#written - this.#readSamples) | 0, this.#samples.length);
  }

  /** How loud we were speaking to the caller while the latest samples came in, in dBFS; -120 when silent. */
  get outboundSpeechDb(): number {
    return Atomics.load(this.#header, OUTBOUND_TENTHS_DB) / 10;
  }

  write(samples: Int16Array, outboundSpeechDb: number): void {
    const capacity = this.#samples.length;
    const written = this.#written;
    let at = (written >>> 0) % capacity;
    for (let i = 0; i < samples.length; i++) {
      this.#samples[at] = samples[i]!;
      at = at + 1 === capacity ? 0 : at + 1;
    }
    Atomics.store(this.#header, OUTBOUND_TENTHS_DB, Math.round(outboundSpeechDb * 10));
    Atomics.store(this.#header, WRITTEN, (written + samples.length) | 0);
  }

  /**
   * Fills `into` with the next samples; false, leaving it alone, while there are too few. A reader that fell behind by
   * more than the capacity goes on with what is left.
   */
  read(into: Int16Array): boolean {
    const capacity = this.#samples.length;
    const behind = (this.#written - this.#readSamples) | 0;
    if (behind > capacity) this.#readSamples = (this.#written - capacity) | 0;
    if (this.available < into.length) return false;
    let at = (this.#readSamples >>> 0) % capacity;
    for (let i = 0; i < into.length; i++) {
      into[i] = this.#samples[at]!;
      at = at + 1 === capacity ? 0 : at + 1;
    }
    this.#readSamples = (this.#readSamples + into.length) | 0;
    return true;
  }

  get #written(): number {
    return Atomics.load(this.#header, WRITTEN);
  }
}

/** Samples written since the beginning, modulo 2^32. */
const WRITTEN = 0;
const OUTBOUND_TENTHS_DB = 1;
const RATE_HZ = 2;
const HEADER_WORDS = 3;
