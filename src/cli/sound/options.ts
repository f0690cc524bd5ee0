/** The options of `patchbay sound`, as the command line gives them, checked. */
import { InvalidArgumentError } from 'commander';

/** As commander hands them over. */
export interface SoundArguments {
  readonly rate: string;
  readonly loudness: number | 'as-is';
  readonly out?: string;
  readonly picture?: string;
}

export interface SoundOptions {
  readonly rateHz: number;
  /** Undefined leaves the level alone. */
  readonly loudnessLufs: number | undefined;
  /** Where the prepared loop goes (WAV, mono, 16 bit). */
  readonly out?: string | undefined;
  /** Where its picture goes (SVG). */
  readonly picture?: string | undefined;
}

export function soundOptions({ rate, loudness, out, picture }: SoundArguments): SoundOptions {
  return { rateHz: Number(rate), loudnessLufs: loudness === 'as-is' ? undefined : loudness, out, picture };
}

export function loudness(text: string): number | 'as-is' {
  if (text === 'as-is') return text;
  const value = Number(text);
  if (/^-?\d+(\.\d+)?$/.test(text) && value >= -70 && value <= -5) return value;
  throw new InvalidArgumentError('It must be a number from -70 to -5, or "as-is".');
}
