/** What a background player is given to play, in the words of LiveKit's `BackgroundAudioPlayer`. */
import { isSoundStream, type SoundSource, type SoundStream } from '../../audio/sound-source.ts';
import type { DuckingRule } from '../agent.ts';

export interface BackgroundSound {
  readonly source: BackgroundSource;
  /** A linear factor, 1 unless told; 0.5 is 6 dB softer, and more than 1 is louder than the file. */
  readonly volume?: number | undefined;
  /** In a list: how likely it is to be chosen, 1 unless told. On its own a sound is always played. */
  readonly probability?: number | undefined;
  /** Seconds of an equal-power fade when it starts. */
  readonly fadeIn?: number | undefined;
  /** Seconds of an equal-power fade when it is stopped; the handle is not done before its end. */
  readonly fadeOut?: number | undefined;
  /** How long to wait before it starts. Of a thinking sound 400 unless told: quick answers have no blip. */
  readonly startAfterMs?: number | undefined;
  /** Of a thinking sound: false plays it once in each period of thinking. */
  readonly loop?: boolean | undefined;
  /** Makes it step back under the voice; absent: its level is constant. */
  readonly ducking?: DuckingRule | undefined;
  readonly loudnessLufs?: number | undefined;
  readonly startsAnywhere?: boolean | undefined;
}

/** A built-in sound or a file by name, a URL, a file's octets, or frames as they are made. */
export type BackgroundSource = string | SoundSource | SoundStream;

/** One sound, or several of which one is chosen. */
export type BackgroundAudio =
  | BackgroundSource
  | BackgroundSound
  | readonly (BackgroundSource | BackgroundSound)[];

/** LiveKit's names of the clips that come along, and what stands in for them: our own, synthesised. */
export const builtInClips: Readonly<Record<BuiltInClip, string>> = {
  OFFICE_AMBIENCE: 'office',
  KEYBOARD_TYPING: 'keyboard',
  KEYBOARD_TYPING2: 'keyboard',
  HOLD_MUSIC: 'hold-music',
};

export type BuiltInClip = 'OFFICE_AMBIENCE' | 'KEYBOARD_TYPING' | 'KEYBOARD_TYPING2' | 'HOLD_MUSIC';

/** Throws `RangeError` for a number that a sound cannot have. */
export function backgroundSoundOf(given: BackgroundSource | BackgroundSound): BackgroundSound {
  if (!isBackgroundSound(given)) return { source: given };
  for (const name of ['volume', 'fadeIn', 'fadeOut', 'startAfterMs'] as const) {
    const value = given[name];
    if (value !== undefined && !(Number.isFinite(value) && value >= 0))
      throw new RangeError(`${name} is a number from 0 on, not ${value}`);
  }
  return given;
}

/** Where a sound comes from; a text that is no URL names a sound. */
export function soundSourceOf(source: BackgroundSource): SoundSource | SoundStream {
  if (typeof source !== 'string') return source;
  if (/^https?:/i.test(source)) return { kind: 'url', url: source };
  const builtIn = Object.entries(builtInClips).find(([name]) => name === source);
  return { kind: 'name', name: builtIn?.[1] ?? source };
}

export function isStream(source: BackgroundSource): source is SoundStream {
  return typeof source === 'object' && isSoundStream(source);
}

export function isList(audio: BackgroundAudio): audio is readonly (BackgroundSource | BackgroundSound)[] {
  return Array.isArray(audio);
}

function isBackgroundSound(given: BackgroundSource | BackgroundSound): given is BackgroundSound {
  return typeof given === 'object' && 'source' in given;
}
