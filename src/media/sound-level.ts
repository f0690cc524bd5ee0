import { FULL_SCALE, SILENCE_DB } from '../mixer/accumulate.ts';

/** RMS in dBFS; -120 when silent. */
export function levelDb(frame: Int16Array): number {
  let energy = 0;
  for (let i = 0; i < frame.length; i++) energy += frame[i]! * frame[i]!;
  return Math.max(SILENCE_DB, 10 * Math.log10(energy / frame.length / FULL_SCALE ** 2));
}

/** Nobody would miss a piece of this. */
export function isQuiet(frame: Int16Array): boolean {
  for (let i = 0; i < frame.length; i++) {
    if (frame[i]! > QUIET_PEAK || frame[i]! < -QUIET_PEAK) return false;
  }
  return true;
}

/** Goes over from one sound to another of the same length, in its first half. */
export function crossFade(frame: Int16Array, towards: Int16Array): void {
  const half = frame.length >> 1;
  for (let i = 0; i < half; i++) {
    const share = (i + 1) / (half + 1);
    frame[i] = Math.round(frame[i]! * (1 - share) + towards[i]! * share);
  }
  for (let i = half; i < frame.length; i++) frame[i] = towards[i]!;
}

/** -50 dBFS. */
const QUIET_PEAK = 104;
