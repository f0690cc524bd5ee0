/**
 * One caller's sound as the recogniser wants it: while nobody speaks only the latest half second, because an onset is
 * noticed after the fact; then all of it.
 */
export class Utterance {
  #samples: Int16Array = new Int16Array(INITIAL_SAMPLES);
  #length = 0;
  #open = false;

  get lengthSamples(): number {
    return this.#length;
  }

  push(samples: Int16Array): void {
    if (!this.#open && this.#length + samples.length > this.#samples.length) this.#keepLead();
    if (this.#length + samples.length > this.#samples.length) {
      if (this.#length >= MOST_SAMPLES) return;
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
    if (this.#samples.length > INITIAL_SAMPLES) this.#samples = new Int16Array(INITIAL_SAMPLES);
  }

  /** A copy of all there is. */
  snapshot(): Int16Array {
    return this.#samples.slice(0, this.#length);
  }

  #keepLead(): void {
    if (this.#length <= LEAD_SAMPLES) return;
    this.#samples.copyWithin(0, this.#length - LEAD_SAMPLES, this.#length);
    this.#length = LEAD_SAMPLES;
  }
}

/** 480 ms at 8 kHz. */
const LEAD_SAMPLES = 3_840;
/** Two seconds. */
const INITIAL_SAMPLES = 16_384;
/** 32 s: a little more than the longest turn, and than the model takes. */
const MOST_SAMPLES = 262_144;
