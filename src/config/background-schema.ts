/** What is heard behind a flow's calls: in full, in the words of a background player. */
import { z } from 'zod';
import { parseDecibels } from '../audio/decibels.ts';
import type { BackgroundConfig, BackgroundSoundConfig, DuckingConfig } from './config.ts';
import { expected, text, whole } from './fields.ts';

export function backgroundSchema(): z.ZodType<BackgroundConfig, unknown> {
  return z.strictObject({
    ambientSound: soundsSchema()
      .optional()
      .describe(
        'Loops from answer to end: a sound, or `source`, `volume` and so on (docs/background-sound.md), or a list of ' +
          'which one is chosen for each call by `probability`.',
      ),
    thinkingSound: soundsSchema()
      .optional()
      .describe(
        "Loops from the end of the caller's turn until the first of the answer; from a list one is chosen each time.",
      ),
  });
}

/** How a track steps back under the voice. */
export function duckingSchema(): z.ZodType<DuckingConfig, unknown> {
  return z.strictObject({
    depthDb: between(0, 50).default(12).describe('By how many decibels.'),
    attackMs: whole(5, 5000).default(100).describe('How fast it goes down.'),
    releaseMs: whole(5, 10_000).default(400).describe('How fast it comes back.'),
  });
}

function soundsSchema(): z.ZodType<readonly BackgroundSoundConfig[], unknown> {
  const sound = z.strictObject({
    source: text().describe('Name of a sound, path of a sound file, or URL.'),
    volume: z
      .union([between(0, 10), z.string().refine(isLevel, expected(VOLUME))], expected(VOLUME))
      .default(1)
      .transform((volume) => (typeof volume === 'string' ? (parseDecibels(volume) ?? 1) : volume))
      .describe('A linear factor, or decibels.'),
    probability: z.number(expected('a number')).default(1).describe('In a list.'),
    fadeIn: between(0, 60).default(0).describe('Seconds.'),
    fadeOut: between(0, 60).default(0).describe('Seconds.'),
    startAfterMs: whole(0, 60_000).optional().describe('Of a thinking sound 400 unless told.'),
    loop: z.boolean().default(true).describe('False plays a thinking sound once.'),
    loudnessLufs: between(-70, -5).optional().describe('Absent: the file as it is.'),
    startsAnywhere: z.boolean().default(false).describe('Each time at another place of the sound.'),
    ducking: duckingSchema().optional().describe('Absent: its level is constant.'),
  });
  const one = z.union([text().transform((source) => sound.parse({ source })), sound], {
    error: mistakeInside,
  });
  const list = z.array(one).min(1, expected(SOUND));
  return z.union([one.transform((single) => [{ ...single, probability: undefined }]), list], {
    error: mistakeInside,
  });
}

/** What is wrong inside the one form that was meant. */
function mistakeInside(issue: z.core.$ZodRawIssue): string {
  const inside = (issue.code === 'invalid_union' ? issue.errors : []).flat();
  const worst = inside.find(({ path }) => path.length > 0);
  if (worst === undefined) return SOUND;
  return `in ${worst.path.join('.')} ${worst.message}`;
}

function between(least: number, most: number): z.ZodNumber {
  const phrase = expected(`a number from ${least} to ${most}`);
  return z.number(phrase).min(least, phrase).max(most, phrase);
}

function isLevel(volume: string): boolean {
  const factor = parseDecibels(volume);
  return factor !== undefined && factor <= 10;
}

const VOLUME = 'a number from 0 to 10, or up to "+20 dB"';
const SOUND = 'a sound: its name, or source, volume and so on, or a list of them';
