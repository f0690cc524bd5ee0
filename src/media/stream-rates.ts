import { createResampler, type Resampler } from '../audio/resampler.ts';

/** Brings streams that are still being made to the mixer's rate, piece by piece; those that have it pass as they are. */
export class StreamRates<Key> {
  readonly #rateHz: number;
  readonly #resamplers = new Map<Key, Resampler>();

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** A stream of that name begins; what was left of an earlier one is forgotten. */
  begin(key: Key, rateHz: number): void {
    if (rateHz === this.#rateHz) this.#resamplers.delete(key);
    else this.#resamplers.set(key, createResampler(rateHz, this.#rateHz));
  }

  convert(key: Key, samples: Int16Array): Int16Array {
    const resampler = this.#resamplers.get(key);
    return resampler === undefined ? samples : resampled(resampler, samples);
  }

  /** Gives back what the filter still holds of the stream's end. */
  end(key: Key): Int16Array {
    const resampler = this.#resamplers.get(key);
    if (resampler === undefined) return NOTHING;
    this.#resamplers.delete(key);
    return resampled(
      resampler,
      new Int16Array(Math.ceil((resampler.delaySamples * resampler.fromHz) / this.#rateHz)),
    );
  }

  forget(key: Key): void {
    this.#resamplers.delete(key);
  }

  clear(): void {
    this.#resamplers.clear();
  }
}

function resampled(resampler: Resampler, samples: Int16Array): Int16Array {
  const output = new Int16Array(Math.ceil((samples.length * resampler.toHz) / resampler.fromHz) + 1);
  return output.subarray(0, resampler.process(samples, 0, samples.length, output, 0));
}

const NOTHING: Int16Array = new Int16Array(0);
