import { createHash } from 'node:crypto';
import { type Result, success } from '../result.ts';
import type { Clip } from './clip.ts';
import { resampleClip } from './resample-clip.ts';
import { parseWav, type WavRefusal } from './wav.ts';

/**
 * Makes a sound file ready to be played at `rateHz`. Takes milliseconds for each half minute of sound, so not
 * for the thread that keeps the beat.
 */
export function prepareClip(octets: Uint8Array, rateHz: number): Result<Clip, WavRefusal> {
  const parsed = parseWav(octets, { longestMs: LONGEST_CLIP_MS });
  if (!parsed.ok) return parsed;
  return success({
    hash: createHash('sha256').update(octets).digest('hex'),
    rateHz,
    samples: toShared(resampleClip(parsed.value.samples, parsed.value.rateHz, rateHz)),
  });
}

/** Samples on memory that all workers read in place. */
function toShared(samples: Int16Array): Int16Array<SharedArrayBuffer> {
  const shared = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return shared;
}

/** Twice the longest ambience one would loop, and 5 MB at 8 kHz. */
export const LONGEST_CLIP_MS = 300_000;
