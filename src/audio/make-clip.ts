import type { Clip } from './clip.ts';
import { closesSmoothly } from './closes-smoothly.ts';
import { levelSound } from './level-sound.ts';
import { resampleClip } from './resample-clip.ts';
import type { WavAudio } from './wav.ts';

/** How a clip is wanted. */
export interface ClipForm {
  readonly rateHz: number;
  /** Brings the sound to this loudness; undefined leaves it as it is. */
  readonly loudnessLufs: number | undefined;
}

/**
 * Makes decoded sound ready to be played, once or as a loop: one that closes upon itself still does. Its loudness is measured at the clip's own rate, which is what will be
 * heard. `sourceHash` is the SHA-256 of the sound file in hex.
 */
export function makeClip(
  sound: Pick<WavAudio, 'rateHz' | 'samples'>,
  sourceHash: string,
  form: ClipForm,
): Clip {
  const { rateHz, loudnessLufs } = form;
  const isLoop = closesSmoothly(sound.samples, sound.rateHz);
  const resampled = resampleClip(sound.samples, sound.rateHz, rateHz, { isLoop });
  const samples = loudnessLufs === undefined ? resampled : levelSound(resampled, rateHz, loudnessLufs);
  return { hash: clipHash(sourceHash, loudnessLufs), rateHz, samples: toShared(samples) };
}

/** The name of a clip, from that of its source. */
export function clipHash(sourceHash: string, loudnessLufs: number | undefined): string {
  return loudnessLufs === undefined ? sourceHash : `${sourceHash}@${loudnessLufs}LUFS`;
}

/** Samples on memory that all workers read in place. */
function toShared(samples: Int16Array): Int16Array<SharedArrayBuffer> {
  const shared = new Int16Array(new SharedArrayBuffer(samples.byteLength));
  shared.set(samples);
  return shared;
}
