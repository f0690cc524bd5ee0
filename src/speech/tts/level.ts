/** Multiplies in place, and holds what would overflow at full scale. */
export function amplify(samples: Int16Array, gainDb: number): void {
  if (gainDb === 0) return;
  const gain = 10 ** (gainDb / 20);
  for (let index = 0; index < samples.length; index += 1) {
    const value = Math.round(samples[index]! * gain);
    samples[index] = value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
  }
}

/**
 * Cuts the silence that engines put around a sentence (130-180 ms before it with flite, 300 ms after it with
 * espeak-ng): the first costs reaction time, and pauses are ours to decide.
 */
export function trimSilence(samples: Int16Array, rateHz: number): Int16Array {
  let first = 0;
  while (first < samples.length && Math.abs(samples[first]!) < QUIET) first += 1;
  if (first === samples.length) return samples.subarray(0, 0);
  let last = samples.length - 1;
  while (Math.abs(samples[last]!) < QUIET) last -= 1;
  const margin = Math.round(rateHz * MARGIN_SECONDS);
  return samples.slice(Math.max(0, first - margin), last + 1 + margin);
}

/** -60 dBFS: below the softest consonant of any engine here. */
const QUIET = 33;
const MARGIN_SECONDS = 0.015;
