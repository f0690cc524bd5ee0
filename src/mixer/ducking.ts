import { GainRamp } from './gain-ramp.ts';

/** How far a track steps back while somebody speaks over it, and how fast. */
export interface DuckingOptions {
  /** Attenuation while speaking, a positive number of decibels. */
  readonly depthDb: number;
  readonly attackMs: number;
  readonly releaseMs: number;
}

/** A track's gain as the voice drives it: down within the attack, up again within the release. */
export class Ducking {
  readonly options: DuckingOptions;
  readonly ramp: GainRamp;
  readonly #duckedGain: number;
  readonly #samplesPerMs: number;

  /** `gain` is where it goes on from when it takes over from another. */
  constructor(options: DuckingOptions, rateHz: number, gain = 1) {
    this.options = options;
    this.ramp = new GainRamp(gain);
    this.#duckedGain = 10 ** (-Math.max(0, options.depthDb) / 20);
    this.#samplesPerMs = rateHz / 1000;
  }

  drive(speaking: boolean): void {
    const target = speaking ? this.#duckedGain : 1;
    if (target === this.ramp.target) return;
    const ms = speaking ? this.options.attackMs : this.options.releaseMs;
    this.ramp.moveTo(target, ms * this.#samplesPerMs);
  }
}
