/**
 * Sound in place of packets that did not come: the last pitch period said again, the voiceless part as noise of the
 * same colour, fading out when the loss goes on.
 *
 * ```
 *   ... heard | conceal (starts where heard ended) | conceal ... | blend into the next good samples
 * ```
 *
 * Our own construction; waveform substitution in general is described by Goodman et al., IEEE Trans. ASSP 34 (1986).
 */
import { LagSearch } from './lag-search.ts';

export class Concealment {
  /** How many samples before the loss `begin` reads. */
  readonly historySamples: number;
  /** Most samples `blend` changes. */
  readonly blendSamples: number;
  readonly #search: LagSearch;
  readonly #rateHz: number;
  /** The period that is repeated; its end leads back into its beginning. */
  readonly #period: Float32Array;
  /** What was heard last, from which grains of noise are taken. */
  readonly #recent: Float32Array;
  readonly #grainSamples: number;
  /** Per sample. */
  readonly #stepDecay: number;
  #lag = 1;
  #phase = 0;
  #voicedGain = 1;
  #noiseGain = 0;
  #fade = 0;
  /** What was dying away goes on doing so: the level, and its factor per sample. */
  #level = 1;
  #trend = 1;
  #generated = 0;
  /** Step between what was heard and the repetition, let go over a few milliseconds. */
  #step = 0;
  #grainAt = 0;
  #previousGrainAt = 0;
  #grainPhase = 0;
  #seed = 0x2545f491;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
    this.#search = new LagSearch(rateHz);
    this.historySamples = this.#search.window + this.#search.maxLag + 1;
    this.blendSamples = Math.round((rateHz * MAX_BLEND_MS) / 1000);
    this.#period = new Float32Array(this.#search.maxLag);
    this.#recent = new Float32Array(this.historySamples);
    this.#grainSamples = Math.round((rateHz * GRAIN_MS) / 1000);
    this.#stepDecay = STEP_DECAY ** (1000 / rateHz);
  }

  /** Whether there is still sound to repeat; false once the fade has ended. */
  get audible(): boolean {
    return this.#fade > 0;
  }

  /** Starts a loss. `heard[end - historySamples .. end)` is what was played last, real or concealed. */
  begin(heard: Int16Array, end: number): void {
    const search = this.#search;
    search.search(heard, end - search.window, -1);
    this.#lag = search.lag;
    this.#phase = 0;
    this.#fade = 1;
    this.#generated = 0;
    this.#level = 1;
    this.#trend = this.#trendBefore(heard, end);
    const voiced = Math.max(
      0,
      Math.min(1, (search.correlation - VOICELESS_BELOW) / (VOICED_ABOVE - VOICELESS_BELOW)),
    );
    this.#voicedGain = Math.sqrt(voiced);
    this.#noiseGain = Math.sqrt(1 - voiced);

    const first = end - search.lag;
    const seam = Math.min(search.lag >> 2, Math.round((this.#rateHz * SEAM_MS) / 1000));
    for (let i = 0; i < search.lag; i++) this.#period[i] = heard[first + i]!;
    for (let i = 0; i < seam; i++) {
      const at = search.lag - seam + i;
      const into = (i + 1) / (seam + 1);
      this.#period[at] = this.#period[at]! * (1 - into) + heard[first - seam + i]! * into;
    }
    for (let i = 0; i < this.historySamples; i++) this.#recent[i] = heard[end - this.historySamples + i]!;
    this.#grainPhase = 0;
    this.#previousGrainAt = this.historySamples - this.#grainSamples;
    this.#grainAt = this.#nextGrain();
    this.#step = heard[end - 1]! - this.#voicedGain * heard[first - 1]!;
    this.#step -= this.#noiseGain * this.#recent[this.#previousGrainAt]!;
  }

  /** Writes the next samples of the loss. It takes `fadeMs` from full level to nothing; zeros follow. */
  conceal(output: Int16Array, offset: number, length: number, fadeMs: number = FADE_MS): void {
    const decay = 1000 / (this.#rateHz * fadeMs);
    for (let i = 0; i < length; i++) output[offset + i] = Math.round(this.#next(decay));
  }

  /** Fades from the concealed sound into `samples`, the good ones that follow, and ends the loss. */
  blend(samples: Int16Array, offset: number, length: number): void {
    const lostMs = (this.#generated * 1000) / this.#rateHz;
    const blendMs = Math.min(MAX_BLEND_MS, MIN_BLEND_MS + lostMs / 8);
    const count = Math.min(length, Math.round((this.#rateHz * blendMs) / 1000));
    const decay = 1000 / (this.#rateHz * FADE_MS);
    for (let i = 0; i < count; i++) {
      const good = (i + 1) / (count + 1);
      samples[offset + i] = Math.round(this.#next(decay) * (1 - good) + samples[offset + i]! * good);
    }
    this.#fade = 0;
  }

  #next(decay: number): number {
    if (this.#fade <= 0) return 0;
    this.#fade -= decay;
    if (this.#fade <= 0) return 0;
    this.#level *= this.#trend;
    this.#generated++;
    const voiced = this.#period[this.#phase]!;
    this.#phase = this.#phase + 1 === this.#lag ? 0 : this.#phase + 1;
    let sample = this.#voicedGain * voiced;
    if (this.#noiseGain > 0) sample += this.#noiseGain * this.#grain();
    sample += this.#step;
    this.#step *= this.#stepDecay;
    return Math.max(-32768, Math.min(32767, sample * this.#fade * this.#level));
  }

  #trendBefore(heard: Int16Array, end: number): number {
    const length = Math.round((this.#rateHz * TREND_MS) / 1000);
    let last = 1;
    let before = 1;
    for (let i = 1; i <= length; i++) {
      last += heard[end - i]! ** 2;
      before += heard[end - length - i]! ** 2;
    }
    return Math.max(LEAST_TREND, Math.min(1, Math.sqrt(last / before))) ** (1 / length);
  }

  /** Short stretches of what was heard, at random places, each fading into the next: no period, same colour. */
  #grain(): number {
    const into = this.#grainPhase / this.#grainSamples;
    const sample =
      this.#recent[this.#previousGrainAt + this.#grainPhase]! * Math.sqrt(1 - into) +
      this.#recent[this.#grainAt + this.#grainPhase]! * Math.sqrt(into);
    if (++this.#grainPhase === this.#grainSamples) {
      this.#grainPhase = 0;
      this.#previousGrainAt = this.#grainAt;
      this.#grainAt = this.#nextGrain();
    }
    return sample;
  }

  #nextGrain(): number {
    this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) | 0;
    return (this.#seed >>> 8) % (this.historySamples - 2 * this.#grainSamples);
  }
}

/** From the first sample on: a burst of four frames ends in silence. */
const FADE_MS = 80;
/** Stretches whose levels tell whether the sound was dying away. */
const TREND_MS = 12;
const LEAST_TREND = 0.3;
const MIN_BLEND_MS = 5;
const MAX_BLEND_MS = 10;
const SEAM_MS = 2.5;
const GRAIN_MS = 5;
/** Of the normalised correlation at the pitch lag. */
const VOICED_ABOVE = 0.5;
const VOICELESS_BELOW = 0.2;
/** Each millisecond: the step is down to a tenth after 3 ms. */
const STEP_DECAY = 0.91 ** 8;
