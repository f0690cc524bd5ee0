import { createHash } from 'node:crypto';
import { type Result, success } from '../result.ts';
import type { Clip } from './clip.ts';
import { type ClipForm, makeClip } from './make-clip.ts';
import { parseWav, type WavRefusal } from './wav.ts';

/**
 * Makes a WAV file ready to be played at `rateHz`, at once. Takes milliseconds for each half minute of sound, so not
 * for the thread that keeps the beat; the service has clips made of any sound in threads of their own.
 */
export function prepareClip(
  octets: Uint8Array,
  rateHz: number,
  loudnessLufs?: ClipForm['loudnessLufs'],
): Result<Clip, WavRefusal> {
  const parsed = parseWav(octets, { longestMs: LONGEST_CLIP_MS });
  if (!parsed.ok) return parsed;
  const hash = createHash('sha256').update(octets).digest('hex');
  return success(makeClip(parsed.value, hash, { rateHz, loudnessLufs }));
}

/** Twice the longest ambience one would loop, and 5 MB at 8 kHz. */
const LONGEST_CLIP_MS = 300_000;
