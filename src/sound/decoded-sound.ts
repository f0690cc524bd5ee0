import type { WavAudio, WavRefusal } from '../audio/wav.ts';
import type { Refused } from './refusal.ts';

/** A sound file's content, all channels mixed into one. */
export interface DecodedSound extends Omit<WavAudio, 'channels'> {
  /** For people: `mp3`, `ogg-vorbis`, `mov`. */
  readonly format: string;
  /** Undefined where ffmpeg mixed them. */
  readonly channels: number | undefined;
}

export interface DecodeLimits {
  readonly longestMs: number;
  /** Wall-clock time for one file. */
  readonly timeoutMs: number;
  /** The ffmpeg program, found on the PATH when it is a bare name. */
  readonly ffmpegCommand: string;
}

export type DecodeRefusal =
  | WavRefusal
  /** A web page, a picture, noise: nothing that anybody here could decode. */
  | 'not-a-sound'
  /** It says that it is a sound, and its decoder found none in it. */
  | 'sound-empty'
  | 'sound-damaged'
  | 'decode-timed-out'
  /** This kind of file needs ffmpeg, which is not installed. */
  | 'ffmpeg-missing'
  | 'ffmpeg-failed';

export type Decoded = { readonly ok: true; readonly value: DecodedSound } | Refused<DecodeRefusal>;
