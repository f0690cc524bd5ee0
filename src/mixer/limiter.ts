/**
 * Writes a sum of 16-bit sounds as 16-bit samples. `bound` is the sum of their gains: up to 1 nothing can overflow
 * and all is exact. Otherwise it is exact up to -3 dBFS; above, a soft knee bends towards full scale and never
 * passes it. There is no state, so nothing pumps, and no look-ahead, so nothing is delayed.
 */
export function writeSum(sum: Float64Array, frame: Int16Array, bound: number): void {
  const count = frame.length;
  // Negative once any sample was beyond the threshold, on either side.
  let beyond = 0;
  for (let i = 0; i < count; i++) {
    const value = ((sum[i]! + ROUNDING) | 0) - 32768;
    beyond |= (value + THRESHOLD) | (THRESHOLD - value);
    frame[i] = value;
  }
  if (bound > 1 && (beyond < 0 || bound > INTEGER_BOUND)) bendPeaks(sum, frame);
}

function bendPeaks(sum: Float64Array, frame: Int16Array): void {
  for (let i = 0; i < frame.length; i++) {
    const value = sum[i]!;
    if (value > THRESHOLD) frame[i] = bend(value);
    else if (value < -THRESHOLD) frame[i] = -bend(-value);
  }
}

/**
 * What is over the threshold goes through the third-order Padé approximant of tanh, which leaves the origin with
 * slope 1 and no curvature, and arrives at 1 with slope 0 at an argument of 3.
 */
function bend(value: number): number {
  const x = Math.min(3, (value - THRESHOLD) / ROOM);
  const square = x * x;
  return Math.round(THRESHOLD + (ROOM * x * (27 + square)) / (27 + 9 * square));
}

const FULL_SCALE = 32767;
const THRESHOLD: number = Math.floor(FULL_SCALE * 10 ** (-3 / 20));
const ROOM: number = FULL_SCALE - THRESHOLD;
/** Above this a sum may not fit into the 32 bits that the test for peaks is made in. */
const INTEGER_BOUND: number = 2 ** 15;
/** Shifts into the positive, where cutting off the fraction is rounding half up. */
const ROUNDING = 32768.5;
