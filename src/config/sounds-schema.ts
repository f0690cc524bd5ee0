import { z } from 'zod';
import { duckingSchema } from './background-schema.ts';
import type { AmbienceConfig, SoundsConfig } from './config.ts';
import { addressRange, expected, gain, section, text, whole } from './fields.ts';

/** `folder` is still open: it stands for the sounds that come along. */
export type ParsedSounds = Omit<SoundsConfig, 'folder'> & { readonly folder?: string | undefined };

/** Where sounds come from, and how much of them there may be. */
export function soundsSchema(): z.ZodType<ParsedSounds> {
  return section(
    z.strictObject({
      folder: text()
        .optional()
        .describe('Where sounds are found by name, before those that come along. Absent: only those.'),
      allowAddresses: z
        .array(addressRange())
        .default([])
        .describe(
          'Private addresses and CIDR ranges that sounds may be fetched from by URL. Public ones always may.',
        ),
      largestOctets: whole(1024, 256 * 1024 * 1024)
        .default(16 * 1024 * 1024)
        .describe('Largest sound file.'),
      longestS: whole(1, 3600).default(300).describe('Longest sound, decoded.'),
      cacheOctets: whole(0, 2 ** 34)
        .default(256 * 1024 * 1024)
        .describe('Memory for decoded sounds, which all calls share.'),
      ffmpegCommand: text()
        .default('ffmpeg')
        .describe('The ffmpeg program, for AAC, M4A, MP4, WebM and whatever else is not decoded here.'),
      tracksPerCall: whole(1, 1000)
        .default(32)
        .describe('Sounds behind the voice of one call at a time; further ones are refused.'),
    }),
  );
}

/** What is heard behind a flow's calls. */
export function ambienceSchema(): z.ZodType<AmbienceConfig, unknown> {
  return z.strictObject({
    sound: text().describe('Name of a sound, path of a sound file, or URL.'),
    gain: gain().default(0.3).describe('Linear, 0 to 1.'),
    loudnessLufs: z
      .number(expected('a number from -70 to -5, or null'))
      .min(-70, expected('a number from -70 to -5, or null'))
      .max(-5, expected('a number from -70 to -5, or null'))
      .nullable()
      .default(-30)
      .describe('Brings the sound to this loudness (BS.1770) first; null leaves it as it is.'),
    startsAnywhere: z.boolean().default(false).describe('Each call comes in at another place of the sound.'),
    ducking: duckingSchema()
      .optional()
      .describe('Steps back under the voice. Absent: its level is constant.'),
  });
}
