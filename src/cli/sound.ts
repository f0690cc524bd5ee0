/** `patchbay sound`: what a sound file is, and what Patchbay makes of it. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { serializeWav } from '../audio/wav.ts';
import { SwitchError } from '../errors.ts';
import { decodeSound } from '../sound/decode-sound.ts';
import type { SoundOptions } from './sound/options.ts';
import { drawPicture } from './sound/picture.ts';
import { reportText } from './sound/report.ts';
import { surveySound } from './sound/survey.ts';

/** Returns what is to be printed. Throws `SwitchError` `clip-undecodable`. */
export async function sound(file: string, options: SoundOptions): Promise<string> {
  const octets = await read(file);
  const decoded = await decodeSound(octets, LIMITS);
  if (!decoded.ok) {
    const { reason, detail } = decoded;
    throw new SwitchError(
      'clip-undecodable',
      `${file} (${detail === undefined ? reason : `${reason}: ${detail}`})`,
    );
  }
  const survey = surveySound(decoded.value, options);
  const { loop, rateHz } = survey.prepared;
  if (options.out !== undefined) await writeFile(options.out, serializeWav(loop, rateHz));
  if (options.picture !== undefined) await writeFile(options.picture, drawPicture(basename(file), survey));
  return reportText(basename(file), survey);
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new SwitchError('clip-undecodable', `${file} cannot be read`, { cause });
  }
}

/** Of somebody who waits for it, and may well have an hour of rain. */
const LIMITS = { longestMs: 3_600_000, timeoutMs: 60_000, ffmpegCommand: 'ffmpeg' };
