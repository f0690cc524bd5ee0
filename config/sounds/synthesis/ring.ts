import type { Random } from './random.ts';

export const RATE_HZ = 16_000;

/** Sound on a circle: what reaches over the end goes on at the beginning, so the loop has no seam to hide. */
export class Ring {
  readonly samples: Float64Array;

  constructor(seconds: number) {
    this.samples = new Float64Array(Math.round(seconds * RATE_HZ));
  }

  /** Adds a sound from a moment on, as often round the circle as it is long. */
  add(sound: Float64Array, atSeconds: number, gain = 1): this {
    const length = this.samples.length;
    const start = Math.round(atSeconds * RATE_HZ);
    for (let i = 0; i < sound.length; i++) {
      const at = (((start + i) % length) + length) % length;
      this.samples[at]! += sound[i]! * gain;
    }
    return this;
  }

  mix(other: Ring, gain: number): this {
    return this.add(other.samples, 0, gain);
  }

  addNoise(random: Random): this {
    for (let i = 0; i < this.samples.length; i++) this.samples[i]! += random.noise();
    return this;
  }

  /** Sends the circle through something with a memory, once round to let it settle and once to be heard. */
  through(process: (sample: number) => number): this {
    for (const sample of this.samples) process(sample);
    for (let i = 0; i < this.samples.length; i++) this.samples[i] = process(this.samples[i]!);
    return this;
  }

  /** Multiplies by a function of the turn, 0 to 1; it should arrive where it began. */
  shape(gainAt: (turn: number) => number): this {
    for (let i = 0; i < this.samples.length; i++) this.samples[i]! *= gainAt(i / this.samples.length);
    return this;
  }

  /** Effective value 1, so that gains of a mix are levels. */
  normalize(): this {
    let energy = 0;
    for (const sample of this.samples) energy += sample * sample;
    const scale = 1 / Math.sqrt(energy / this.samples.length);
    return this.shape(() => scale);
  }
}
