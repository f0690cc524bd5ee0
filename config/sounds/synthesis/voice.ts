import type { Random } from './random.ts';
import { RATE_HZ, type Ring } from './ring.ts';

/** Somebody who talks without words. */
export interface Speaker {
  readonly pitchHz: number;
  /** 1 for a man's throat, about 1.15 for a woman's. */
  readonly formantScale: number;
  /** Mean length of a syllable. */
  readonly syllableSeconds: number;
  /** Share of the time in which the speaker speaks. */
  readonly talkativeness: number;
}

export function someone(random: Random): Speaker {
  const high = random.next() < 0.5;
  return {
    pitchHz: high ? random.between(170, 240) : random.between(95, 145),
    formantScale: high ? random.between(1.1, 1.2) : random.between(0.95, 1.05),
    syllableSeconds: random.between(0.15, 0.23),
    talkativeness: random.between(0.6, 0.85),
  };
}

/** Lets a speaker talk all round the circle, in phrases with pauses, at one distance (`gain`). */
export function chatter(ring: Ring, speaker: Speaker, random: Random, gain: number): void {
  const seconds = ring.samples.length / RATE_HZ;
  const start = random.between(0, seconds);
  let at = 0;
  while (at < seconds) {
    const syllables = Math.round(random.between(3, 11));
    const stress = random.between(0.7, 1.2);
    for (let i = 0; i < syllables && at < seconds; i++) {
      const length = speaker.syllableSeconds * random.between(0.6, 1.4);
      const pitch = speaker.pitchHz * (1.12 - (0.25 * i) / syllables) * random.between(0.94, 1.06);
      ring.add(syllable(speaker, pitch, length, random), start + at, gain * stress * random.between(0.5, 1));
      at += length;
    }
    at += speaker.syllableSeconds * syllables * (1 / speaker.talkativeness - 1) * random.between(0.5, 1.5);
  }
}

/** A consonant, mostly, and a vowel that glides towards another one; it rings out after its end. */
function syllable(speaker: Speaker, pitchHz: number, seconds: number, random: Random): Float64Array {
  const from = random.pick(VOWELS);
  const to = random.next() < 0.4 ? random.pick(VOWELS) : from;
  const voiced = Math.round(seconds * RATE_HZ);
  const sound = new Float64Array(voiced + Math.round(0.04 * RATE_HZ));
  const throat = BANDWIDTHS_HZ.map(() => new Resonator());
  const bend = random.between(0.88, 1.1);
  let phase = 0;
  for (let i = 0; i < sound.length; i++) {
    const turn = Math.min(1, i / voiced);
    if (i % 32 === 0) {
      throat.forEach((resonator, f) => {
        const hz = (from[f]! + (to[f]! - from[f]!) * turn) * speaker.formantScale;
        resonator.tune(hz, BANDWIDTHS_HZ[f]!);
      });
    }
    phase = (phase + (pitchHz * (1 + (bend - 1) * turn)) / RATE_HZ) % 1;
    const loudness = i < voiced ? Math.sin(Math.PI * turn) ** 0.7 : 0;
    let sample = (glottis(phase) + 0.05 * random.noise()) * loudness;
    for (const resonator of throat) sample = resonator.pass(sample);
    sound[i] = sample;
  }
  if (random.next() < 0.65) addConsonant(sound, random);
  return radiate(sound);
}

/** From the lips into the air: treble gains what it lost in the throat. */
function radiate(sound: Float64Array): Float64Array {
  return sound.map((sample, i) => sample - 0.75 * (sound[i - 1] ?? 0));
}

/** A hiss or a stop at the front of a syllable. */
function addConsonant(sound: Float64Array, random: Random): void {
  const mouth = new Resonator();
  mouth.tune(random.between(1500, 4500), random.between(600, 1800));
  const length = Math.min(sound.length, Math.round(random.between(0.02, 0.09) * RATE_HZ));
  const level = random.between(0.03, 0.12);
  for (let i = 0; i < length; i++) {
    sound[i]! += mouth.pass(random.noise()) * level * Math.sin((Math.PI * i) / length);
  }
}

/** The derivative of the air flow through the vocal cords: open for 0.6 of a period, then shut with a snap. */
function glottis(phase: number): number {
  if (phase > 0.6) return 0;
  const open = phase / 0.6;
  return 2 * open - 3 * open * open;
}

/** Two poles, 0 dB at 0 Hz, as in a cascade formant synthesiser (Klatt 1980). */
class Resonator {
  #gain = 1;
  #first = 0;
  #second = 0;
  #one = 0;
  #two = 0;

  tune(hz: number, bandwidthHz: number): void {
    const radius = Math.exp((-Math.PI * bandwidthHz) / RATE_HZ);
    this.#first = 2 * radius * Math.cos((2 * Math.PI * hz) / RATE_HZ);
    this.#second = -radius * radius;
    this.#gain = 1 - this.#first - this.#second;
  }

  pass(sample: number): number {
    const output = this.#gain * sample + this.#first * this.#one + this.#second * this.#two;
    this.#two = this.#one;
    this.#one = output;
    return output;
  }
}

/** The first four formants of a, e, i, o, u, the neutral vowel and a few between, in hertz. */
const VOWELS = [
  [730, 1090, 2440, 3400],
  [530, 1840, 2480, 3500],
  [280, 2250, 2890, 3600],
  [570, 840, 2410, 3300],
  [320, 870, 2240, 3300],
  [500, 1500, 2500, 3500],
  [660, 1720, 2410, 3500],
  [440, 1020, 2240, 3300],
] as const;
const BANDWIDTHS_HZ = [80, 100, 140, 220] as const;
