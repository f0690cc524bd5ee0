import type { Clock } from '../clock.ts';

/** How many calls of ours there may be: at a time, and begun within a minute. */
export class OutboundLimits {
  readonly #clock: Clock;
  readonly #maxConcurrent: number;
  readonly #perMinute: number;
  /** When those of the last minute were begun, oldest first. */
  readonly #begunMs: number[] = [];
  #running = 0;

  constructor(clock: Clock, limits: { readonly maxConcurrent: number; readonly perMinute: number }) {
    this.#clock = clock;
    this.#maxConcurrent = limits.maxConcurrent;
    this.#perMinute = limits.perMinute;
  }

  get running(): number {
    return this.#running;
  }

  /** Counts one more, unless that would be too many; each is to be released when it is over. */
  take(): boolean {
    const nowMs = this.#clock.nowMs();
    while (this.#begunMs[0] !== undefined && this.#begunMs[0] <= nowMs - MINUTE_MS) this.#begunMs.shift();
    if (this.#running >= this.#maxConcurrent || this.#begunMs.length >= this.#perMinute) return false;
    this.#begunMs.push(nowMs);
    this.#running += 1;
    return true;
  }

  release(): void {
    this.#running -= 1;
  }
}

const MINUTE_MS = 60_000;
