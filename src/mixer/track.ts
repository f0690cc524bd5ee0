import { addScaled, addShaped, envelopeScratch } from './accumulate.ts';
import type { Ducking } from './ducking.ts';
import type { Fade } from './fade.ts';
import { GainRamp } from './gain-ramp.ts';
import type { LevelMeter } from './level-meter.ts';
import type { Source } from './source.ts';

/** One source of sound in a mixer with what shapes its level: its gain, its fade and its ducking. */
export class Track<From extends Source = Source> {
  /** Empty when nobody addresses it. */
  readonly name: string;
  /** Tells this sound from others under the same name; whoever starts it chooses. */
  readonly soundId: number;
  readonly source: From;
  readonly gain: GainRamp;
  readonly fade: Fade;
  ducking: Ducking | undefined;
  /** There while somebody wants to know how loud it is. */
  meter: LevelMeter | undefined;
  /** It is on its way out and will be forgotten once silent. */
  leaving = false;
  /** Samples of it in the latest frame. */
  heardSamples = 0;
  /** No sample of the latest frame had a greater gain; 0 when there was nothing to hear. */
  bound = 0;
  /** What it is to sound at when it is not muted. */
  #wantedGain: number;
  #muted = false;
  #paused = false;

  constructor(name: string, source: From, gain: number, fade: Fade, soundId = 0) {
    this.name = name;
    this.soundId = soundId;
    this.source = source;
    this.gain = new GainRamp(gain);
    this.#wantedGain = gain;
    this.fade = fade;
  }

  get wantedGain(): number {
    return this.#wantedGain;
  }

  get muted(): boolean {
    return this.#muted;
  }

  get paused(): boolean {
    return this.#paused;
  }

  setGain(gain: number, rampSamples: number): void {
    this.#wantedGain = gain;
    if (!this.#muted) this.gain.moveTo(gain, rampSamples);
  }

  /** Silent or not, its sound goes on. */
  setMuted(muted: boolean, rampSamples: number): void {
    this.#muted = muted;
    this.gain.moveTo(muted ? 0 : this.#wantedGain, this.#rampOf(rampSamples));
  }

  /** Its sound stands still. */
  setPaused(paused: boolean, rampSamples: number): void {
    if (paused === this.#paused || this.leaving) return;
    this.#paused = paused;
    if (paused) this.fade.close(this.#rampOf(rampSamples));
    else this.fade.open(rampSamples);
  }

  get over(): boolean {
    return this.source.ended || (this.leaving && this.fade.silent);
  }

  leave(fadeSamples: number): void {
    this.leaving = true;
    this.fade.close(fadeSamples);
  }

  /** Adds the next `count` samples to `sum`; `position` is the mixer's. */
  mixInto(sum: Float64Array, count: number, position: number): void {
    const { gain, fade, ducking } = this;
    const audible = fade.audible(count);
    if (gain.steady && fade.steady && (ducking === undefined || ducking.ramp.steady)) {
      this.bound = gain.value * fade.level * (ducking === undefined ? 1 : ducking.ramp.value);
      this.heardSamples = this.#addSteady(sum, audible, position);
      if (this.heardSamples === 0) this.bound = 0;
      return;
    }
    this.bound = Math.max(gain.value, gain.target);
    envelopeScratch.fill(1, 0, count);
    gain.shape(envelopeScratch, count);
    fade.shape(envelopeScratch, count);
    ducking?.ramp.shape(envelopeScratch, count);
    this.heardSamples = this.#addMoving(sum, audible, position);
    if (this.heardSamples === 0) this.bound = 0;
  }

  #addSteady(sum: Float64Array, count: number, position: number): number {
    const { source, bound: level } = this;
    let filled = 0;
    while (filled < count) {
      const run = Math.min(source.ready(position + filled), count - filled);
      if (run === 0) break;
      if (level > 0) addScaled(sum, filled, source.samples, source.offset, run, level);
      source.advance(run);
      filled += run;
    }
    return filled;
  }

  #addMoving(sum: Float64Array, count: number, position: number): number {
    const source = this.source;
    let filled = 0;
    while (filled < count) {
      const run = Math.min(source.ready(position + filled), count - filled);
      if (run === 0) break;
      addShaped(sum, filled, source.samples, source.offset, run, envelopeScratch);
      source.advance(run);
      filled += run;
    }
    return filled;
  }

  /** What is not heard yet needs no ramp. */
  #rampOf(samples: number): number {
    return this.heardSamples === 0 ? 0 : samples;
  }
}
