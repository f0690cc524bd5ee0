/** The latest samples: speech has begun a little before the turn detector can say so. */
export class RecentAudio {
  readonly #samples: Int16Array;
  #at = 0;
  #filled = 0;

  constructor(capacitySamples: number) {
    this.#samples = new Int16Array(capacitySamples);
  }

  write(samples: Int16Array): void {
    const capacity = this.#samples.length;
    for (let i = 0; i < samples.length; i++) {
      this.#samples[this.#at] = samples[i]!;
      this.#at = this.#at + 1 === capacity ? 0 : this.#at + 1;
    }
    this.#filled = Math.min(capacity, this.#filled + samples.length);
  }

  /** What is there, oldest first; then nothing is. */
  take(): Int16Array {
    const capacity = this.#samples.length;
    const taken = new Int16Array(this.#filled);
    const start = (this.#at - this.#filled + capacity) % capacity;
    for (let i = 0; i < taken.length; i++) taken[i] = this.#samples[(start + i) % capacity]!;
    this.#filled = 0;
    return taken;
  }
}
