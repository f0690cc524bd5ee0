import type { Clip } from '../audio/clip.ts';
import type { Source } from './source.ts';

/** A clip, once. */
export class ClipSource implements Source {
  readonly clip: Clip;
  readonly samples: Int16Array;
  #offset: number;

  constructor(clip: Clip, positionSamples = 0) {
    this.clip = clip;
    this.samples = clip.samples;
    this.#offset = Math.min(positionSamples, clip.samples.length);
  }

  get positionSamples(): number {
    return this.#offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get ended(): boolean {
    return this.#offset >= this.samples.length;
  }

  ready(): number {
    return this.samples.length - this.#offset;
  }

  advance(count: number): void {
    this.#offset += count;
  }
}
