import { LEAST_FADE_MS } from './fade-times.ts';
import type { Source } from './source.ts';

/**
 * Sound that an agent streams in while it is being heard: a ring, filled as it comes and drained by the mixer's
 * beat. It grows when an agent sends faster than speech, up to a limit; what does not fit is dropped and counted.
 */
export class LiveInput implements Source {
  /** Samples dropped since the start because the ring was full. */
  droppedSamples = 0;
  readonly #rateHz: number;
  readonly #limitSamples: number;
  readonly #initialSamples: number;
  #ring: Int16Array;
  /** Running totals; the place in the ring is the total modulo its length, a power of two. */
  #read = 0;
  #written = 0;
  #sounding = false;

  constructor(options: { readonly rateHz: number; readonly limitMs: number }) {
    this.#rateHz = options.rateHz;
    this.#limitSamples = (options.limitMs * options.rateHz) / 1000;
    this.#initialSamples = 2 ** Math.ceil(Math.log2((INITIAL_MS * options.rateHz) / 1000));
    this.#ring = new Int16Array(this.#initialSamples);
  }

  get queuedSamples(): number {
    return this.#written - this.#read;
  }

  get queuedMs(): number {
    return (this.queuedSamples * 1000) / this.#rateHz;
  }

  /** Copies `length` samples from `offset`; the caller keeps the array. */
  push(samples: Int16Array, offset: number, length: number): void {
    const fitting = Math.max(0, Math.min(length, this.#limitSamples - this.queuedSamples));
    this.droppedSamples += length - fitting;
    if (this.queuedSamples + fitting > this.#ring.length) this.#grow(this.queuedSamples + fitting);
    const ring = this.#ring;
    const mask = ring.length - 1;
    const start = this.#written & mask;
    if (fitting === samples.length && start + fitting <= ring.length) ring.set(samples, start);
    else for (let i = 0; i < fitting; i++) ring[(start + i) & mask] = samples[offset + i]!;
    this.#written += fitting;
  }

  /** Drops what is queued. What is being heard goes out within 5 ms, without a click. */
  flush(): void {
    const fade = Math.round((LEAST_FADE_MS * this.#rateHz) / 1000);
    const kept = this.#sounding ? Math.min(this.queuedSamples, fade) : 0;
    const mask = this.#ring.length - 1;
    for (let i = 0; i < kept; i++) {
      this.#ring[(this.#read + i) & mask]! *= 1 - (i + 1) / kept;
    }
    this.#written = this.#read + kept;
  }

  get samples(): Int16Array {
    return this.#ring;
  }

  get offset(): number {
    return this.#read & (this.#ring.length - 1);
  }

  /** An agent may always send more. */
  get ended(): boolean {
    return false;
  }

  ready(): number {
    const queued = this.#written - this.#read;
    this.#sounding = queued > 0;
    if (queued === 0) {
      if (this.#ring.length > SHRINK_FACTOR * this.#initialSamples)
        this.#ring = new Int16Array(this.#initialSamples);
      return 0;
    }
    return Math.min(queued, this.#ring.length - this.offset);
  }

  advance(count: number): void {
    this.#read += count;
  }

  #grow(needed: number): void {
    let length = this.#ring.length;
    while (length < needed) length *= 2;
    const grown = new Int16Array(length);
    const mask = this.#ring.length - 1;
    const queued = this.queuedSamples;
    for (let i = 0; i < queued; i++) grown[i] = this.#ring[(this.#read + i) & mask]!;
    this.#ring = grown;
    this.#read = 0;
    this.#written = queued;
  }
}

/** An agent that sends in real time stays within it. */
const INITIAL_MS = 128;
/** A ring that has grown beyond this for a long answer is given back when the answer is over. */
const SHRINK_FACTOR = 16;
