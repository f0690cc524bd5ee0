/**
 * When to make the delay longer or shorter, and how well the sound must repeat itself for that. Changes are kept
 * rare: they begin only well off the target, end at it, and come one at a time.
 */
export class DelayControl {
  #moving: Direction = 'none';
  #nextMs: number = Number.NEGATIVE_INFINITY;

  /** `errorMs` is how far the delay lies above its target. */
  direction(errorMs: number, nowMs: number): Direction {
    if (errorMs > SHORTEN_ABOVE_MS) this.#moving = 'shorten';
    else if (errorMs < LENGTHEN_BELOW_MS) this.#moving = 'lengthen';
    else if (this.#moving === 'shorten' ? errorMs <= 0 : errorMs >= 0) this.#moving = 'none';
    return nowMs < this.#nextMs ? 'none' : this.#moving;
  }

  /** A change was tried, done or not: the next waits. */
  tried(errorMs: number, nowMs: number): void {
    this.#nextMs = nowMs + (Math.abs(errorMs) > HURRY_ABOVE_MS ? HURRIED_INTERVAL_MS : INTERVAL_MS);
  }

  /** Most that may be cut out or put in without having to be undone. */
  longestStepMs(errorMs: number): number {
    return errorMs > 0 ? errorMs - LENGTHEN_BELOW_MS : SHORTEN_ABOVE_MS - errorMs;
  }

  /** The further off, the less it takes. */
  minCorrelation(errorMs: number): number {
    const excessMs = Math.max(0, Math.abs(errorMs) - SHORTEN_ABOVE_MS);
    return Math.max(LEAST_CORRELATION, CORRELATION - excessMs * CORRELATION_PER_MS);
  }
}

export type Direction = 'shorten' | 'lengthen' | 'none';

/** The two lie as far apart as a long pitch period, so that either way one step fits between them. */
const SHORTEN_ABOVE_MS = 14;
const LENGTHEN_BELOW_MS = 0;
const INTERVAL_MS = 80;
const HURRY_ABOVE_MS = 60;
const HURRIED_INTERVAL_MS = 40;
const CORRELATION = 0.9;
const LEAST_CORRELATION = 0.4;
const CORRELATION_PER_MS = 0.01;
