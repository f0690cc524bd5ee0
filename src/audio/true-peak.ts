import { windowedSinc } from './windowed-sinc.ts';

/**
 * The level to which a sound rises between its samples too, in decibels of full scale (dBTP): four times as many
 * samples are looked at. Silence is -Infinity.
 *
 * @see ITU-R BS.1770-4 annex 2
 */
export function truePeakDb(samples: Int16Array): number {
  let highest = 0;
  for (let i = 0; i < samples.length; i++) highest = Math.max(highest, truePeakAt(samples, i));
  return 20 * Math.log10(highest / FULL_SCALE);
}

/** The highest of a sample and the three places before the next one. Beyond its ends a sound is silent. */
export function truePeakAt(samples: Int16Array, index: number): number {
  let highest = Math.abs(samples[index]!);
  for (const taps of phases) {
    let value = 0;
    for (let i = 0, at = index - REACH + 1; i < taps.length; i++, at++)
      value += taps[i]! * (samples[at] ?? 0);
    highest = Math.max(highest, Math.abs(value));
  }
  return highest;
}

/** Samples each way: a full-scale sine up to 0.45 of the rate is read to 0.1 dB. */
const REACH = 12;
const phases: readonly Float64Array[] = [1, 2, 3].map((quarter) =>
  Float64Array.from({ length: 2 * REACH }, (_, i) => windowedSinc(i - REACH + 1 - quarter / 4, REACH, 6)),
);
const FULL_SCALE = 32768;
