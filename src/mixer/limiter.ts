/**
 * Writes a sum of tracks as 16-bit samples. Up to -3 dBFS it is exact; above, a soft knee bends towards full scale
 * and never passes it. There is no state, so nothing pumps, and no look-ahead, so nothing is delayed.
 */
export function writeLimited(sum: Float64Array, frame: Int16Array): void {
  for (let i = 0; i < frame.length; i++) {
    const value = sum[i]!;
    if (value > THRESHOLD) frame[i] = (THRESHOLD + bend(value - THRESHOLD) + 0.5) | 0;
    else if (value < -THRESHOLD) frame[i] = -((THRESHOLD + bend(-value - THRESHOLD) + 0.5) | 0);
    else frame[i] = ((value + ROUNDING) | 0) - 32768;
  }
}

/** Writes a sum that cannot pass full scale, because its gains add up to no more than 1. */
export function writeExact(sum: Float64Array, frame: Int16Array): void {
  for (let i = 0; i < frame.length; i++) frame[i] = ((sum[i]! + ROUNDING) | 0) - 32768;
}

/**
 * What is left of an excess over the threshold: the third-order Padé approximant of tanh, which leaves the origin
 * with slope 1 and no curvature, and arrives at 1 with slope 0 at an argument of 3.
 */
function bend(excess: number): number {
  const x = excess / ROOM;
  if (x >= 3) return ROOM;
  const square = x * x;
  return (ROOM * x * (27 + square)) / (27 + 9 * square);
}

const FULL_SCALE = 32767;
const THRESHOLD: number = FULL_SCALE * 10 ** (-3 / 20);
const ROOM: number = FULL_SCALE - THRESHOLD;
/** Shifts into the positive, where cutting off the fraction is rounding half up. */
const ROUNDING = 32768.5;
