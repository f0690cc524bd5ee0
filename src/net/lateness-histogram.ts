/** How late slots ran: 50 us buckets up to 50 ms, in place, so that recording costs nothing. */
export class LatenessHistogram {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(lateMs: number): void {
    const bucket = (lateMs * BUCKETS_PER_MS) | 0;
    const index = bucket < BUCKETS ? bucket : BUCKETS - 1;
    this.#buckets[index] = this.#buckets[index]! + 1;
    this.#count += 1;
    if (lateMs > this.#maxMs) this.#maxMs = lateMs;
  }

  /** Upper edge of the bucket that holds the quantile (0 to 1); never above the maximum; 0 when empty. */
  quantileMs(quantile: number): number {
    const rank = Math.ceil(quantile * this.#count);
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#buckets[index]!;
      if (seen >= rank && seen > 0) {
        if (index === BUCKETS - 1) return this.#maxMs;
        return Math.min((index + 1) / BUCKETS_PER_MS, this.#maxMs);
      }
    }
    return 0;
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#maxMs = 0;
  }
}

const BUCKETS_PER_MS = 20;
const BUCKETS = 1000;
