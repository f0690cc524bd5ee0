/** How long things took, as quantiles: buckets of one width, in place, so that recording costs nothing. */
export class DurationHistogram {
  readonly #bucketsPerMs: number;
  readonly #buckets: Uint32Array;
  #count = 0;
  #maxMs = 0;

  /** Above `longestMs` only the maximum is known. */
  constructor(options: { readonly bucketsPerMs: number; readonly longestMs: number }) {
    this.#bucketsPerMs = options.bucketsPerMs;
    this.#buckets = new Uint32Array(options.longestMs * options.bucketsPerMs);
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(durationMs: number): void {
    const last = this.#buckets.length - 1;
    const bucket = Math.floor(durationMs * this.#bucketsPerMs);
    const index = bucket < last ? bucket : last;
    this.#buckets[index] = this.#buckets[index]! + 1;
    this.#count += 1;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  /** Upper edge of the bucket that holds the quantile (0 to 1); never above the maximum; 0 when empty. */
  quantileMs(quantile: number): number {
    const rank = Math.ceil(quantile * this.#count);
    const last = this.#buckets.length - 1;
    let seen = 0;
    for (let index = 0; index < last; index++) {
      seen += this.#buckets[index]!;
      if (seen >= rank && seen > 0) return Math.min((index + 1) / this.#bucketsPerMs, this.#maxMs);
    }
    return this.#maxMs;
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }
}
