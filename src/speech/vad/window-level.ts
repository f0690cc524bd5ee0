/** RMS in dBFS, -120 for silence; full scale is 1. */
export function windowLevelDb(window: Float32Array): number {
  let energy = 0;
  for (let i = 0; i < window.length; i++) energy += window[i]! * window[i]!;
  return Math.max(-120, 10 * Math.log10(energy / window.length));
}
