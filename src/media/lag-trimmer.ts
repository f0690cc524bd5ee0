/**
 * Brings a live agent back to its moment after a stall. What waits unplayed when the next sound comes is lag; what
 * of it was never needed for two seconds is made up for by leaving out silence, of which nobody misses 20 ms.
 */
export class LagTrimmer {
  readonly #reserveSamples: number;
  readonly #noticedSamples: number;
  readonly #burstSamples: number;
  readonly #windowSamples: number;
  /** Of this window: the least that waited, and how much sound came. */
  #leastWaiting: number = Number.POSITIVE_INFINITY;
  #heardSamples = 0;
  /** Lag still to be made up for. */
  #excessSamples = 0;

  /** `reserveMs` is the lag that is wanted, as a cushion against unsteady arrival. */
  constructor(rateHz: number, reserveMs: number) {
    this.#reserveSamples = (rateHz * reserveMs) / 1000;
    this.#noticedSamples = this.#reserveSamples + (rateHz * NOTICED_MS) / 1000;
    this.#burstSamples = (rateHz * BURST_MS) / 1000;
    this.#windowSamples = (rateHz * WINDOW_MS) / 1000;
  }

  /** Whether these samples, with `waiting` more unplayed before them, are not to be played. */
  leavesOut(samples: Int16Array, count: number, waiting: number): boolean {
    if (waiting < this.#leastWaiting) this.#leastWaiting = waiting;
    this.#heardSamples += count;
    if (this.#heardSamples >= this.#windowSamples) this.#closeWindow();
    if (this.#excessSamples < count || !isSilent(samples, count)) return false;
    this.#excessSamples -= count;
    return true;
  }

  #closeWindow(): void {
    const least = this.#leastWaiting;
    // More than that waits because the agent sends whole sentences at once.
    const lags = least > this.#noticedSamples && least <= this.#burstSamples;
    this.#excessSamples = lags ? least - this.#reserveSamples : 0;
    this.#leastWaiting = Number.POSITIVE_INFINITY;
    this.#heardSamples = 0;
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
