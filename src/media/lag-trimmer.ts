/**
 * Brings a live agent back to its moment after a stall. What waits unplayed when the next sound comes is lag; what
 * of it was never needed for two seconds is made up for by leaving out silence, of which nobody misses 20 ms.
 */
export class LagTrimmer {
  readonly #reserveMs: number;
  /** Of this window: the least that waited, and how much sound came. */
  #leastWaitingMs: number = Number.POSITIVE_INFINITY;
  #heardMs = 0;
  /** Lag still to be made up for. */
  #excessMs = 0;

  /** `reserveMs` is the lag that is wanted, as a cushion against unsteady arrival. */
  constructor(reserveMs: number) {
    this.#reserveMs = reserveMs;
  }

  /** So much sound came, with `waitingMs` more unplayed before it. */
  arrived(lengthMs: number, waitingMs: number): void {
    if (waitingMs < this.#leastWaitingMs) this.#leastWaitingMs = waitingMs;
    this.#heardMs += lengthMs;
    if (this.#heardMs >= WINDOW_MS) this.#closeWindow();
  }

  /** Whether these samples, due now, are not to be played. */
  leavesOut(samples: Int16Array, count: number, lengthMs: number): boolean {
    if (this.#excessMs < lengthMs || !isSilent(samples, count)) return false;
    this.#excessMs -= lengthMs;
    return true;
  }

  #closeWindow(): void {
    const least = this.#leastWaitingMs;
    // More than that waits because the agent sends whole sentences at once.
    const lags = least > this.#reserveMs + NOTICED_MS && least <= BURST_MS;
    this.#excessMs = lags ? least - this.#reserveMs : 0;
    this.#leastWaitingMs = Number.POSITIVE_INFINITY;
    this.#heardMs = 0;
  }
}

function isSilent(samples: Int16Array, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const sample = samples[i]!;
    if (sample > SILENCE_PEAK || sample < -SILENCE_PEAK) return false;
  }
  return true;
}

const WINDOW_MS = 2000;
/** Less is not worth it. */
const NOTICED_MS = 20;
const BURST_MS = 400;
/** -50 dBFS. */
const SILENCE_PEAK = 104;
