import type { PlayoutLine } from './playout-line.ts';
import type { PlayoutKind, PlayoutStats } from './playout-stats.ts';

/** What is put on the line in place of audio: concealment of what is missing, or the sender's pause. */
export class Filler {
  /** What it was last. */
  kind: PlayoutKind = 'silence';
  /** The sender has described its background: pauses are filled with comfort noise. */
  noisy = false;
  readonly #line: PlayoutLine;
  readonly #stats: PlayoutStats;

  constructor(line: PlayoutLine, stats: PlayoutStats) {
    this.#line = line;
    this.#stats = stats;
  }

  pause(samples: number): number {
    this.#line.appendPause(samples, this.noisy);
    this.kind = this.noisy ? 'comfort-noise' : 'silence';
    if (this.noisy) this.#stats.comfortNoiseSamples += samples;
    return samples;
  }

  conceal(samples: number): number {
    this.#line.appendConcealment(samples);
    this.kind = this.#line.concealmentAudible ? 'concealed' : 'silence';
    return samples;
  }
}
