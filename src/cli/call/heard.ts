/** Everything that was heard in a call, and how loud it was. Levels are dBFS: a full-scale sine is 0, silence -96. */
export class Heard {
  readonly #frames: Int16Array[] = [];
  #samples = 0;
  #energy = 0;
  #peak = 0;
  #quietSamples = 0;
  #longestQuietSamples = 0;
  #longestQuietEnd = 0;
  #recentEnergy = 0;

  /** Keeps the frame. */
  push(frame: Int16Array): void {
    this.#frames.push(frame);
    this.#samples += frame.length;
    let energy = 0;
    for (const sample of frame) {
      energy += sample * sample;
      if (Math.abs(sample) > this.#peak) this.#peak = Math.abs(sample);
    }
    this.#energy += energy;
    const power = energy / frame.length;
    this.#recentEnergy += (power - this.#recentEnergy) * METER_SHARE;
    this.#quietSamples = levelOf(power) < QUIET_DBFS ? this.#quietSamples + frame.length : 0;
    if (this.#quietSamples <= this.#longestQuietSamples) return;
    this.#longestQuietSamples = this.#quietSamples;
    this.#longestQuietEnd = this.#samples;
  }

  /** What a level meter shows: the last tenth of a second or so. */
  get meterDbfs(): number {
    return levelOf(this.#recentEnergy);
  }

  get samples(): Int16Array {
    const whole = new Int16Array(this.#samples);
    let at = 0;
    for (const frame of this.#frames) {
      whole.set(frame, at);
      at += frame.length;
    }
    return whole;
  }

  /** Undefined before the first frame. */
  levels(rateHz: number): HeardLevels | undefined {
    if (this.#samples === 0) return undefined;
    const milliseconds = (samples: number): number => Math.round((samples * 1000) / rateHz);
    return {
      lengthMs: milliseconds(this.#samples),
      rmsDbfs: tenths(levelOf(this.#energy / this.#samples)),
      peakDbfs: tenths(Math.max(SILENCE_DBFS, 20 * Math.log10(this.#peak / 32768))),
      longestQuietMs: milliseconds(this.#longestQuietSamples),
      longestQuietAtMs: milliseconds(this.#longestQuietEnd - this.#longestQuietSamples),
    };
  }
}

export interface HeardLevels {
  readonly lengthMs: number;
  readonly rmsDbfs: number;
  /** Of the largest sample, full scale being 0. */
  readonly peakDbfs: number;
  /** The longest row of 20 ms frames that are each below -60 dBFS, and where it begins. */
  readonly longestQuietMs: number;
  readonly longestQuietAtMs: number;
}

function levelOf(meanSquare: number): number {
  return Math.max(SILENCE_DBFS, 10 * Math.log10((2 * meanSquare) / 32768 ** 2));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

const QUIET_DBFS = -60;
/** About what the least of 16 bits says. */
const SILENCE_DBFS = -96;
/** Of a frame in the meter: it follows within 100 ms. */
const METER_SHARE = 0.2;
