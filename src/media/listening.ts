import { createResampler, type Resampler } from '../audio/resampler.ts';

/** Gathers the caller's frames into chunks for whoever listens on the main thread. */
export class Listening {
  readonly rateHz: number;
  readonly #resampler: Resampler;
  readonly #chunk: Int16Array;
  readonly #resampled: Int16Array;
  #filled = 0;

  constructor(legRateHz: number, rateHz: number, chunkMs: number) {
    this.rateHz = rateHz;
    this.#resampler = createResampler(legRateHz, rateHz);
    this.#chunk = new Int16Array(Math.max(1, Math.round((rateHz * chunkMs) / 1000)));
    this.#resampled = new Int16Array(Math.ceil((rateHz * FRAME_MS) / 1000) + 1);
  }

  /** Takes one frame; the caller owns the chunks it completes. */
  push(frame: Int16Array): Int16Array[] {
    const count = this.#resampler.process(frame, 0, frame.length, this.#resampled, 0);
    const completed: Int16Array[] = [];
    for (let i = 0; i < count; i++) {
      this.#chunk[this.#filled++] = this.#resampled[i]!;
      if (this.#filled < this.#chunk.length) continue;
      completed.push(this.#chunk.slice());
      this.#filled = 0;
    }
    return completed;
  }
}

const FRAME_MS = 20;
