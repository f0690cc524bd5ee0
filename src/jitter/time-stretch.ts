/**
 * Makes decoded audio a pitch period shorter or longer, by fading from one period into the next. Both edges stay
 * as they were, so nothing clicks; and it is left undone where the signal does not repeat itself well enough.
 */
import { LagSearch } from '../../codecs/lag-search.ts';

export class TimeStretch {
  readonly #search: LagSearch;

  constructor(rateHz: number) {
    this.#search = new LagSearch(rateHz);
  }

  /** Samples `compress` needs from `start`. */
  get compressNeeds(): number {
    return this.#search.window + this.#search.maxLag;
  }

  /** Samples `expand` needs from `start`; it also needs `maxLag` before. */
  get expandNeeds(): number {
    return this.#search.window;
  }

  get maxLag(): number {
    return this.#search.maxLag;
  }

  /** Shortens samples[start..end) and returns by how much: the new end is that much earlier. 0: not done, as no lag up to `longest` fits. */
  compress(samples: Int16Array, start: number, end: number, longest: number, minCorrelation: number): number {
    const search = this.#search;
    if (!search.search(samples, start, 1, longest)) return 0;
    if (search.correlation < minCorrelation) return 0;
    const lag = search.lag;
    for (let i = 0; i < lag; i++) {
      const here = samples[start + i]!;
      samples[start + i] = here + Math.round(((samples[start + lag + i]! - here) * (i + 1)) / (lag + 1));
    }
    samples.copyWithin(start + lag, start + 2 * lag, end);
    return lag;
  }

  /** Lengthens samples[start..end) in the same way; there must be room for `maxLag` behind `end`. */
  expand(samples: Int16Array, start: number, end: number, longest: number, minCorrelation: number): number {
    const search = this.#search;
    if (!search.search(samples, start, -1, longest)) return 0;
    if (search.correlation < minCorrelation) return 0;
    const lag = search.lag;
    samples.copyWithin(start + lag, start, end);
    for (let i = 0; i < lag; i++) {
      const here = samples[start + lag + i]!;
      samples[start + i] = here + Math.round(((samples[start - lag + i]! - here) * (i + 1)) / (lag + 1));
    }
    return lag;
  }
}
