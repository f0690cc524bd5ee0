/** Gaps that an ear would notice in a recording, and a voice to listen to. */

/** Stretches of at least `leastMs` in which no sample is louder than `peak`. */
export function gaps(
  samples: Int16Array,
  rateHz: number,
  options: { leastMs: number; peak?: number },
): { startMs: number; lengthMs: number }[] {
  const peak = options.peak ?? 8;
  const found: { startMs: number; lengthMs: number }[] = [];
  let start = 0;
  for (let i = 0; i <= samples.length; i++) {
    if (i < samples.length && Math.abs(samples[i]!) <= peak) continue;
    const lengthMs = ((i - start) * 1000) / rateHz;
    if (lengthMs >= options.leastMs) found.push({ startMs: (start * 1000) / rateHz, lengthMs });
    start = i + 1;
  }
  return found;
}

/** A glottal pulse train of wandering pitch (100 to 160 Hz) through two resonances: voiced all the time, no pause. */
export function voice(options: {
  lengthSamples: number;
  rateHz: number;
  peak?: number;
}): Int16Array<ArrayBuffer> {
  const { lengthSamples, rateHz, peak = 9000 } = options;
  const samples = new Float64Array(lengthSamples);
  let phase = 0;
  const low = resonance(600, 90, rateHz);
  const high = resonance(1700, 150, rateHz);
  let largest = 0;
  for (let i = 0; i < lengthSamples; i++) {
    phase += (130 + 30 * Math.sin((2 * Math.PI * 0.7 * i) / rateHz)) / rateHz;
    const pulse = phase >= 1 ? 1 : 0;
    phase -= pulse;
    samples[i] = high(low(pulse));
    largest = Math.max(largest, Math.abs(samples[i]!));
  }
  return Int16Array.from(samples, (sample) => Math.round((sample / largest) * peak));
}

function resonance(frequencyHz: number, bandwidthHz: number, rateHz: number): (input: number) => number {
  const radius = Math.exp((-Math.PI * bandwidthHz) / rateHz);
  const a1 = 2 * radius * Math.cos((2 * Math.PI * frequencyHz) / rateHz);
  const a2 = -radius * radius;
  let y1 = 0;
  let y2 = 0;
  return (input) => {
    const y = input + a1 * y1 + a2 * y2;
    y2 = y1;
    y1 = y;
    return y;
  };
}
