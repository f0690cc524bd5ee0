/**
 * Finds the distance at which a signal best repeats itself: its pitch period, or a multiple of it. What
 * concealment repeats and what a change of time scale may cut out or put in without being heard.
 */
export class LagSearch {
  /** Result of the last search, samples. */
  lag = 0;
  /** Normalised correlation at `lag`, -1 to 1; 1 when both stretches are silent. */
  correlation = 0;

  readonly minLag: number;
  readonly maxLag: number;
  /** Length of the stretches that are compared, samples. */
  readonly window: number;

  constructor(rateHz: number) {
    this.minLag = Math.round((rateHz * MIN_LAG_MS) / 1000);
    this.maxLag = Math.round((rateHz * MAX_LAG_MS) / 1000);
    this.window = Math.round((rateHz * WINDOW_MS) / 1000);
  }

  /**
   * Compares `window` samples from `start` with those a lag earlier (`direction` -1) or later (1). The caller sees
   * to it that `maxLag` more samples are there. Lags up to `longest` are
   * tried; false when there is none.
   */
  search(samples: Int16Array, start: number, direction: -1 | 1, longest: number = this.maxLag): boolean {
    if (longest < this.minLag) return false;
    this.correlation = Number.NEGATIVE_INFINITY;
    // Every second lag on every second sample first, then its neighbours on all samples.
    for (let lag = this.minLag; lag <= longest; lag += 2) this.#try(samples, start, direction * lag, 2);
    const coarse = this.lag;
    this.correlation = Number.NEGATIVE_INFINITY;
    const last = Math.min(longest, coarse + 2);
    for (let lag = Math.max(this.minLag, coarse - 2); lag <= last; lag++)
      this.#try(samples, start, direction * lag, 1);
    return true;
  }

  #try(samples: Int16Array, start: number, shift: number, step: number): void {
    let product = 0;
    let energy = 0;
    let shiftedEnergy = 0;
    const end = start + this.window;
    for (let i = start; i < end; i += step) {
      const here = samples[i]!;
      const there = samples[i + shift]!;
      product += here * there;
      energy += here * here;
      shiftedEnergy += there * there;
    }
    const silent = Math.max(energy, shiftedEnergy) < (this.window / step) * SILENCE_POWER;
    const correlation = silent ? 1 : product / Math.sqrt(energy * shiftedEnergy + 1);
    if (correlation > this.correlation) {
      this.correlation = correlation;
      this.lag = Math.abs(shift);
    }
  }
}

/** Voices are between 66 and 400 Hz. */
const MIN_LAG_MS = 2.5;
const MAX_LAG_MS = 15;
const WINDOW_MS = 15;
/** -66 dB below full scale (rms 16): quantisation noise of G.711, where no pitch is to be found. */
const SILENCE_POWER = 256;
