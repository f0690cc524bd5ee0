import { z } from 'zod';
import type { RecognitionConfig, TurnsConfig } from './config.ts';
import { section, whole } from './fields.ts';

/** Where callers' turns begin and end; the silence that ends them is each flow's. */
export const turns: z.ZodType<TurnsConfig, unknown> = section(
  z.strictObject({
    endOfTurn: z
      .enum(['silence', 'punctuation'])
      .default('silence')
      .describe('`punctuation` waits less after whole sentences, and longer within them.'),
    onsetMs: whole(20, 500).default(32).describe('Speech that begins a turn.'),
    onsetOverSpeechMs: whole(20, 1000).default(64).describe('The same while we speak ourselves.'),
    minimumSpeechMs: whole(0, 1000).default(96).describe('Turns with less speech are noise.'),
    maximumTurnMs: whole(5000, 30_000).default(25_000).describe('Longer turns are split.'),
  }),
);

/** Who writes down what callers say. */
export const recognition: z.ZodType<RecognitionConfig, unknown> = section(
  z.strictObject({
    default: z
      .enum(['built-in', 'azure', 'deepgram', 'elevenLabs', 'openai'])
      .default('built-in')
      .describe('Listens where an app names no provider, or one that is not configured.'),
    builtIn: section(
      z.strictObject({
        model: z
          .enum(['base', 'tiny'])
          .default('base')
          .describe('`tiny` takes half the time and a third of the memory, and errs more.'),
        threads: whole(1, 64).default(1).describe('Threads that transcribe; one serves some ten talkers.'),
        queueLimit: whole(1, 1000).default(32).describe('Utterances that may wait; further ones are lost.'),
        interimMs: whole(0, 10_000)
          .default(700)
          .describe('Speech between two interim transcripts of a caller; 0: none are made.'),
      }),
    ).describe('The recogniser that comes along: English.'),
  }),
);
