import type { Sound } from './decoder-thread.ts';

/**
 * One caller's sound as the recogniser wants it: while nobody speaks only the latest half second, because an onset is
 * noticed after the fact; then all of it.
 */
export class Utterance {
  readonly #rateHz: number;
  #samples: Int16Array;
  #length = 0;
  #open = false;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#samples = new Int16Array(rateHz * INITIAL_S);
  }

  get lengthMs(): number {
    return (this.#length * 1000) / this.#rateHz;
  }

  push(samples: Int16Array): void {
    if (!this.#open && this.#length + samples.length > this.#samples.length) this.#keepLead();
    if (this.#length + samples.length > this.#samples.length) {
      if (this.#length >= this.#rateHz * MOST_S) return;
      const grown = new Int16Array(this.#samples.length * 2);
      grown.set(this.#samples);
      this.#samples = grown;
    }
    this.#samples.set(samples, this.#length);
    this.#length += samples.length;
  }

  open(): void {
    this.#keepLead();
    this.#open = true;
  }

  /** What comes next belongs to no utterance, and is no lead of the next one but by itself. */
  close(): void {
    this.#open = false;
    this.#length = 0;
    const initial = this.#rateHz * INITIAL_S;
    if (this.#samples.length > initial) this.#samples = new Int16Array(initial);
  }

  /** A copy of all there is. */
  snapshot(): Sound {
    return { samples: this.#samples.slice(0, this.#length), rateHz: this.#rateHz };
  }

  #keepLead(): void {
    const lead = (this.#rateHz * LEAD_MS) / 1000;
    if (this.#length <= lead) return;
    this.#samples.copyWithin(0, this.#length - lead, this.#length);
    this.#length = lead;
  }
}

const LEAD_MS = 480;
const INITIAL_S = 2;
/** A little more than the longest turn, and than the model takes. */
const MOST_S = 32;
