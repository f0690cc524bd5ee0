/** Speech through bursts of loss, and how far what is heard lies from what was said. */
import { Concealment } from '../../codecs/concealment.ts';

/** How the frames that are lost are filled. Each works in place: `lost[i]` frames of `samples` are rewritten. */
export type Filler = (samples: Int16Array, lost: readonly boolean[]) => void;

export const zeroFill: Filler = (samples, lost) => {
  for (const [index, gone] of lost.entries()) if (gone) samples.fill(0, index * FRAME, (index + 1) * FRAME);
};

/** Says the last good frame again at half its level. */
export const repeatHalf: Filler = (samples, lost) => {
  let good = -1;
  for (const [index, gone] of lost.entries()) {
    if (!gone) good = index;
    else
      for (let i = 0; i < FRAME; i++)
        samples[index * FRAME + i] = good < 0 ? 0 : samples[good * FRAME + i]! >> 1;
  }
};

export const conceal: Filler = (samples, lost) => {
  const concealment = new Concealment(RATE_HZ);
  for (const [index, gone] of lost.entries()) {
    const at = index * FRAME;
    if (at < concealment.historySamples) continue;
    if (gone && !lost[index - 1]) concealment.begin(samples, at);
    if (gone) concealment.conceal(samples, at, FRAME);
    else if (lost[index - 1]) concealment.blend(samples, at, FRAME);
  }
};

/** Gilbert-Elliott: a good state that loses nothing and a bad one that loses all. */
export function gilbertElliott(
  frames: number,
  options: { loss: number; meanBurst: number; seed?: number },
): boolean[] {
  let state = options.seed ?? 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const leaveBad = 1 / options.meanBurst;
  const enterBad = (options.loss * leaveBad) / (1 - options.loss);
  let bad = false;
  return Array.from({ length: frames }, () => {
    bad = bad ? random() >= leaveBad : random() < enterBad;
    return bad;
  });
}

/**
 * Log-spectral distance in dB: RMS over frequency of the difference of the two power spectra in dB, averaged over
 * the 32 ms windows that a loss touches. Levels below -65 dBFS a bin count as that, as G.711 hears no less.
 */
export function logSpectralDistanceDb(
  reference: Int16Array,
  heard: Int16Array,
  lost: readonly boolean[],
): number {
  let sum = 0;
  let windows = 0;
  for (let at = 0; at + WINDOW <= reference.length; at += WINDOW / 2) {
    if (!touches(lost, at)) continue;
    const a = spectrumDb(reference, at);
    const b = spectrumDb(heard, at);
    if (a.every((level) => level === FLOOR_DB)) continue;
    let squares = 0;
    for (let bin = 0; bin < a.length; bin++) squares += (a[bin]! - b[bin]!) ** 2;
    sum += Math.sqrt(squares / a.length);
    windows++;
  }
  return sum / windows;
}

/** Mean over lost frames of their SNR in dB, each limited to -10 to 35. */
export function segmentalSnrDb(reference: Int16Array, heard: Int16Array, lost: readonly boolean[]): number {
  let sum = 0;
  let frames = 0;
  for (const [index, gone] of lost.entries()) {
    if (!gone || (index + 1) * FRAME > reference.length) continue;
    let signal = 0;
    let error = 0;
    for (let i = index * FRAME; i < (index + 1) * FRAME; i++) {
      signal += reference[i]! ** 2;
      error += (reference[i]! - heard[i]!) ** 2;
    }
    if (signal < FRAME * 100 ** 2) continue;
    sum += Math.max(-10, Math.min(35, 10 * Math.log10(signal / Math.max(1, error))));
    frames++;
  }
  return sum / frames;
}

function touches(lost: readonly boolean[], at: number): boolean {
  for (let frame = Math.floor(at / FRAME); frame * FRAME < at + WINDOW; frame++) if (lost[frame]) return true;
  return false;
}

function spectrumDb(samples: Int16Array, at: number): Float64Array {
  const levels = new Float64Array(BINS);
  for (let bin = 0; bin < BINS; bin++) {
    let real = 0;
    let imaginary = 0;
    for (let i = 0; i < WINDOW; i++) {
      const weighted = samples[at + i]! * hann[i]!;
      const turn = ((bin + FIRST_BIN) * i) % WINDOW;
      real += weighted * cosine[turn]!;
      imaginary += weighted * cosine[(turn + WINDOW / 4) % WINDOW]!;
    }
    const amplitude = (4 * Math.hypot(real, imaginary)) / WINDOW / 32768;
    levels[bin] = Math.max(FLOOR_DB, 20 * Math.log10(amplitude + 1e-12));
  }
  return levels;
}

const RATE_HZ = 8000;
const FRAME = 160;
const WINDOW = 256;
/** 200 to 3400 Hz, in bins of 31.25 Hz. */
const FIRST_BIN = 6;
const BINS = 103;
const FLOOR_DB = -65;
const hann = Float64Array.from(
  { length: WINDOW },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / WINDOW),
);
const cosine = Float64Array.from({ length: WINDOW }, (_, i) => Math.cos((2 * Math.PI * i) / WINDOW));
