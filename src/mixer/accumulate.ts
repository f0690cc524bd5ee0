/** Adds `count` samples from `offset` to the sum from `at` on, at one gain. */
export function addScaled(
  sum: Float64Array,
  at: number,
  samples: Int16Array,
  offset: number,
  count: number,
  gain: number,
): void {
  if (gain === 1) {
    for (let i = 0; i < count; i++) sum[at + i]! += samples[offset + i]!;
    return;
  }
  for (let i = 0; i < count; i++) sum[at + i]! += samples[offset + i]! * gain;
}

/** The same with a gain for each sample: `envelope` and `sum` share their time axis. */
export function addShaped(
  sum: Float64Array,
  at: number,
  samples: Int16Array,
  offset: number,
  count: number,
  envelope: Float64Array,
): void {
  for (let i = 0; i < count; i++) sum[at + i]! += samples[offset + i]! * envelope[at + i]!;
}

/** Adds one sum to another. */
export function addSum(sum: Float64Array, other: Float64Array, count: number): void {
  for (let i = 0; i < count; i++) sum[i]! += other[i]!;
}

/** The greatest absolute value among the first `count`. */
export function peakOf(sum: Float64Array, count: number): number {
  let peak = 0;
  for (let i = 0; i < count; i++) peak = Math.max(peak, Math.abs(sum[i]!));
  return peak;
}

/** The RMS level of the first `count` in dBFS. */
export function levelDbOf(sum: Float64Array, count: number): number {
  let energy = 0;
  for (let i = 0; i < count; i++) energy += sum[i]! * sum[i]!;
  return Math.max(SILENCE_DB, 10 * Math.log10(energy / count / FULL_SCALE ** 2));
}

/** Below what 16 bits can hold. */
export const SILENCE_DB = -120;
/** 0 dBFS. */
export const FULL_SCALE = 32_768;
/** 20 ms at 48 kHz. */
const SCRATCH_SAMPLES = 960;

/** Working memory of one pull, used by every mixer of the thread in turn: pulls do not nest. */
export const sumScratch: Float64Array = new Float64Array(SCRATCH_SAMPLES);
export const envelopeScratch: Float64Array = new Float64Array(SCRATCH_SAMPLES);
export const trackScratch: Float64Array = new Float64Array(SCRATCH_SAMPLES);
