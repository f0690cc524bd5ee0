/** Test sounds, and how loud a frequency is in what came out. Levels are dBFS: a full-scale sine is 0. */

/** A sine that starts at phase 0. */
export function tone(
  frequencyHz: number,
  options: { rateHz: number; lengthSamples: number; levelDb?: number },
): Int16Array<ArrayBuffer> {
  const peak = FULL_SCALE * 10 ** ((options.levelDb ?? -6) / 20);
  const step = (2 * Math.PI * frequencyHz) / options.rateHz;
  return Int16Array.from({ length: options.lengthSamples }, (_, i) => Math.round(peak * Math.sin(step * i)));
}

/** White noise from a seeded generator, the same on every run. A peak past full scale clips. */
export function noise(options: {
  lengthSamples: number;
  peak?: number;
  seed?: number;
}): Int16Array<ArrayBuffer> {
  const peak = options.peak ?? 8000;
  let state = options.seed ?? 1;
  return Int16Array.from({ length: options.lengthSamples }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const sample = Math.round((state / 2 ** 31 - 1) * peak);
    return Math.max(-FULL_SCALE - 1, Math.min(FULL_SCALE, sample));
  });
}

/** The level of one frequency, seen through a Blackman-Harris window: other tones leak 90 dB down. */
export function toneLevelDb(samples: Int16Array, frequencyHz: number, rateHz: number): number {
  let real = 0;
  let imaginary = 0;
  let windowSum = 0;
  for (let i = 0; i < samples.length; i++) {
    const window = blackmanHarris(i / samples.length);
    const angle = (2 * Math.PI * frequencyHz * i) / rateHz;
    real += samples[i]! * window * Math.cos(angle);
    imaginary -= samples[i]! * window * Math.sin(angle);
    windowSum += window;
  }
  return decibels((2 * Math.hypot(real, imaginary)) / windowSum / FULL_SCALE);
}

/** The level of everything: a full-scale sine is 0, a full-scale square +3. */
export function levelDb(samples: Int16Array): number {
  let energy = 0;
  for (const sample of samples) energy += sample * sample;
  return decibels(Math.sqrt((2 * energy) / samples.length) / FULL_SCALE);
}

/**
 * What is not the tone, relative to it: distortion and noise in decibels. `samples` must hold whole periods.
 */
export function distortionDb(samples: Int16Array, frequencyHz: number, rateHz: number): number {
  const step = (2 * Math.PI * frequencyHz) / rateHz;
  let sine = 0;
  let cosine = 0;
  for (let i = 0; i < samples.length; i++) {
    sine += (2 / samples.length) * samples[i]! * Math.sin(step * i);
    cosine += (2 / samples.length) * samples[i]! * Math.cos(step * i);
  }
  let residual = 0;
  for (let i = 0; i < samples.length; i++) {
    residual += (samples[i]! - sine * Math.sin(step * i) - cosine * Math.cos(step * i)) ** 2;
  }
  return decibels(Math.sqrt((2 * residual) / samples.length) / Math.hypot(sine, cosine));
}

/**
 * The sharpest bend, as the greatest second difference: what a click is made of. A tone of f Hz and peak p has
 * p * (2 sin(pi f / rate))^2; a cut in it has about p.
 */
export function sharpestBend(samples: Int16Array, from = 0, to: number = samples.length): number {
  let sharpest = 0;
  for (let i = Math.max(1, from); i < Math.min(to, samples.length - 1); i++) {
    sharpest = Math.max(sharpest, Math.abs(samples[i - 1]! - 2 * samples[i]! + samples[i + 1]!));
  }
  return sharpest;
}

function blackmanHarris(position: number): number {
  const angle = 2 * Math.PI * position;
  return 0.35875 - 0.48829 * Math.cos(angle) + 0.14128 * Math.cos(2 * angle) - 0.01168 * Math.cos(3 * angle);
}

function decibels(ratio: number): number {
  return 20 * Math.log10(Math.max(ratio, 1e-9));
}

const FULL_SCALE = 32767;
