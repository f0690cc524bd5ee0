import { FULL_SCALE, SILENCE_DB } from './accumulate.ts';

/** How loud a track has been since it was last read. Costs nothing where nobody asks for it. */
export class LevelMeter {
  #energy = 0;
  #peak = 0;
  #count = 0;

  /** The first `count` samples, as they went into the sum. */
  measure(samples: Float64Array, count: number): void {
    let energy = 0;
    let peak = this.#peak;
    for (let i = 0; i < count; i++) {
      const value = samples[i]!;
      energy += value * value;
      peak = Math.max(peak, Math.abs(value));
    }
    this.#energy += energy;
    this.#peak = peak;
    this.#count += count;
  }

  /** Begins anew. */
  read(): { readonly rmsDb: number; readonly peakDb: number } {
    const rms = Math.sqrt(this.#energy / Math.max(1, this.#count));
    const levels = { rmsDb: decibels(rms), peakDb: decibels(this.#peak) };
    this.#energy = 0;
    this.#peak = 0;
    this.#count = 0;
    return levels;
  }
}

function decibels(amplitude: number): number {
  return Math.max(SILENCE_DB, 20 * Math.log10(amplitude / FULL_SCALE));
}
