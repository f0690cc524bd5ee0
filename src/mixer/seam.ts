import type { Clip } from '../audio/clip.ts';
import { closesSmoothly } from '../audio/closes-smoothly.ts';

/**
 * The samples in which a looped clip's tail passes over into its head, worked out once for a clip and shared by
 * every loop of it. Empty when the clip already closes smoothly upon itself: then it wraps as it is.
 */
export function seamOf(clip: Clip): Int16Array {
  let seam = seams.get(clip.samples);
  if (seam === undefined) {
    seam = closesSmoothly(clip.samples, clip.rateHz) ? NO_SEAM : crossFade(clip.samples, fadeLength(clip));
    seams.set(clip.samples, seam);
  }
  return seam;
}

/**
 * 50 ms, a quarter of a short clip, or somewhat less where that brings the waves of tail and head into step: in
 * anti-phase they would cancel in the middle of the fade.
 */
function fadeLength({ samples, rateHz }: Clip): number {
  const longest = Math.min((rateHz * FADE_MS) / 1000, samples.length / 4) | 0;
  let best = longest;
  let highest = correlate(samples, longest) + WORTH_SHIFTING;
  for (let length = longest - 1; length >= longest * SHORTEST; length--) {
    const correlation = correlate(samples, length);
    if (correlation <= highest) continue;
    highest = correlation;
    best = length;
  }
  return best;
}

/**
 * An equal-power cross-fade of the tail into the head. Tail and head that resemble each other add up by amplitude
 * and not by power, so the fade is divided by what their correlation adds.
 */
function crossFade(samples: Int16Array, length: number): Int16Array {
  const tailStart = samples.length - length;
  const correlation = Math.max(LEAST_CORRELATION, correlate(samples, length));
  const seam = new Int16Array(length);
  for (let i = 0; i < length; i++) {
    const angle = ((i + 1) / (length + 1)) * (Math.PI / 2);
    const rising = Math.sin(angle);
    const falling = Math.cos(angle);
    const power = Math.sqrt(1 + 2 * correlation * rising * falling);
    const value = Math.round((samples[tailStart + i]! * falling + samples[i]! * rising) / power);
    seam[i] = Math.max(-32768, Math.min(32767, value));
  }
  return seam;
}

/** -1 to 1: how much the last `length` samples are like the first. */
function correlate(samples: Int16Array, length: number): number {
  const tailStart = samples.length - length;
  let cross = 0;
  let head = 0;
  let tail = 0;
  for (let i = 0; i < length; i++) {
    cross += samples[i]! * samples[tailStart + i]!;
    head += samples[i]! ** 2;
    tail += samples[tailStart + i]! ** 2;
  }
  return cross === 0 ? 0 : cross / Math.sqrt(head * tail);
}

const seams: WeakMap<Int16Array, Int16Array> = new WeakMap();
const NO_SEAM: Int16Array = new Int16Array(0);
const FADE_MS = 50;
/** Of the longest fade. The 10 ms in between hold a period of 100 Hz. */
const SHORTEST = 0.8;
/** A gain in correlation that noise does not reach by chance. */
const WORTH_SHIFTING = 0.2;
/** Opposite halves would cancel; dividing by what is left of them would blow up their noise. */
const LEAST_CORRELATION = -0.5;
