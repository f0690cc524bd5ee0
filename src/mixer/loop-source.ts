import type { Clip } from '../audio/clip.ts';
import { seamOf } from './seam.ts';
import type { Source } from './source.ts';

/**
 * A clip, over and over. The end passes into the beginning through the clip's seam: the first time round plays
 * from the first sample, then the seam stands for both the tail and the head, and play goes on after the head.
 */
export class LoopSource implements Source {
  readonly clip: Clip;
  readonly #seam: Int16Array;
  /** Where the seam begins; without one, the end of the clip. */
  readonly #seamStart: number;
  /** In the clip; from `seamStart` on it counts through the seam. */
  #position: number;

  constructor(clip: Clip, positionSamples = 0) {
    this.clip = clip;
    this.#seam = seamOf(clip);
    this.#seamStart = clip.samples.length - this.#seam.length;
    this.#position = positionSamples < clip.samples.length ? positionSamples : 0;
  }

  /** Samples from one pass to the next: the clip less its seam. */
  get periodSamples(): number {
    return this.#seamStart;
  }

  get positionSamples(): number {
    return this.#position;
  }

  get samples(): Int16Array {
    return this.#position < this.#seamStart ? this.clip.samples : this.#seam;
  }

  get offset(): number {
    return this.#position < this.#seamStart ? this.#position : this.#position - this.#seamStart;
  }

  /** A clip without samples is a silent loop, not one that ends. */
  get ended(): boolean {
    return false;
  }

  ready(): number {
    const position = this.#position;
    return (position < this.#seamStart ? this.#seamStart : this.clip.samples.length) - position;
  }

  advance(count: number): void {
    this.#position += count;
    if (this.#position === this.clip.samples.length) this.#position = this.#seam.length;
  }
}
