import { integratedLoudness } from './loudness.ts';
import { truePeakAt } from './true-peak.ts';

/**
 * Brings a sound to a loudness, in LUFS, and holds down the peaks that would rise above -1 dBTP. Its end is taken to
 * be followed by its beginning, so that a loop stays one. Silence stays as it is.
 */
export function levelSound(samples: Int16Array, rateHz: number, loudnessLufs: number): Int16Array {
  const measured = integratedLoudness(samples, rateHz);
  if (!Number.isFinite(measured)) return samples;
  const gain = 10 ** (Math.min(loudnessLufs - measured, GREATEST_GAIN_DB) / 20);
  const envelope = limitingEnvelope(samples, gain, rateHz);
  return samples.map((sample, i) => {
    const value = Math.round(sample * gain * (envelope?.[i] ?? 1));
    return Math.max(-32768, Math.min(32767, value));
  });
}

/**
 * What each sample is multiplied with so that no peak passes the ceiling: for each the least that any sample within
 * reach needs, then made smooth over that same reach, so it is down in time. Undefined where nothing is too high.
 */
function limitingEnvelope(samples: Int16Array, gain: number, rateHz: number): Float64Array | undefined {
  const needed = new Float64Array(samples.length).fill(1);
  let isLimited = false;
  for (let i = 0; i < samples.length; i++) {
    const nearby = Math.max(Math.abs(samples[i]!), Math.abs(samples[i + 1] ?? 0));
    if (nearby * gain < WORTH_LOOKING * CEILING) continue;
    const peak = truePeakAt(samples, i) * gain;
    if (peak <= CEILING) continue;
    needed[i] = CEILING / peak;
    isLimited = true;
  }
  if (!isLimited) return undefined;
  const reach = Math.min(Math.round((REACH_MS * rateHz) / 1000), Math.floor((samples.length - 1) / 2));
  return average(least(needed, reach), reach);
}

/** The least within `reach` each way, all round; a queue of candidates, rising, makes it one step a sample. */
function least(values: Float64Array, reach: number): Float64Array {
  const { length } = values;
  const result = new Float64Array(length);
  const queue: number[] = [];
  let head = 0;
  for (let i = -reach; i < length + reach; i++) {
    const value = values[(i + length) % length]!;
    while (queue.length > head && values[(queue.at(-1)! + length) % length]! >= value) queue.pop();
    queue.push(i);
    const centre = i - reach;
    while (queue[head]! < centre - reach) head += 1;
    if (centre >= 0 && centre < length) result[centre] = values[(queue[head]! + length) % length]!;
  }
  return result;
}

/** The mean within `reach` each way, all round. */
function average(values: Float64Array, reach: number): Float64Array {
  const { length } = values;
  let sum = 0;
  for (let i = -reach; i <= reach; i++) sum += values[(i + length) % length]!;
  return values.map((_, i) => {
    const mean = sum / (2 * reach + 1);
    sum += values[(i + reach + 1) % length]! - values[(i - reach + length) % length]!;
    return Math.min(1, mean);
  });
}

/** -1 dBTP, as EBU R 128 and the streaming services have it. */
const CEILING: number = 32768 * 10 ** (-1 / 20);
/** Fast enough for a click to pass unheard, slow enough not to grind a low tone. */
const REACH_MS = 5;
/** Between samples a sound may be higher than at them, but a sample near it is never much lower than this. */
const WORTH_LOOKING = 0.5;
/** So that a nearly silent file is not blown up to its noise. */
const GREATEST_GAIN_DB = 40;
