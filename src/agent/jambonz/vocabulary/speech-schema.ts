import { z } from 'zod';
import { expected, flag, listOf, loop, text } from './fields.ts';
import type { RecognizerChoice, SayVerb, SynthesizerChoice } from './verbs.ts';

/** Some vendors' voices are objects. */
const voiceName: z.ZodType<string | undefined, unknown> = z.union([
  z.string(),
  z.record(z.string(), z.unknown()).transform(voiceIn),
]);

export const synthesizer: z.ZodType<SynthesizerChoice, unknown> = z
  .object(
    {
      vendor: z.string().optional(),
      language: z.string().optional(),
      voice: voiceName.optional(),
      fallbackVendor: z.string().optional(),
      fallbackLanguage: z.string().optional(),
      fallbackVoice: voiceName.optional(),
    },
    expected('an object with vendor, language and voice'),
  )
  .transform(({ vendor, language, voice, fallbackVendor, fallbackLanguage, fallbackVoice }) => ({
    vendor: chosen(vendor),
    language: chosen(language),
    voice: chosen(voice),
    ...(fallbackVendor !== undefined && {
      fallback: {
        vendor: chosen(fallbackVendor),
        language: chosen(fallbackLanguage),
        voice: chosen(fallbackVoice),
      },
    }),
  }));

export const recognizer: z.ZodType<RecognizerChoice, unknown> = z
  .object(
    {
      vendor: z.string().optional(),
      language: z.string().optional(),
      altLanguages: z.array(z.string()).optional(),
      hints: z
        .array(z.union([z.string(), z.object({ phrase: z.string() }).transform(({ phrase }) => phrase)]))
        .optional(),
    },
    expected('an object with vendor and language'),
  )
  .transform(({ vendor, language, altLanguages = [], hints = [] }) => ({
    vendor: chosen(vendor),
    languages: [chosen(language), ...altLanguages]
      .filter((tag) => tag !== undefined)
      .slice(0, MOST_LANGUAGES),
    hints: hints.filter((hint) => hint.length > 0 && hint.length <= LONGEST_HINT).slice(0, MOST_HINTS),
  }));

const sayFields = {
  id: text().optional(),
  text: listOf(z.string(expected('a text')), 'a text or a list of texts').optional(),
  loop: loop(),
  synthesizer: synthesizer.default({}),
  stream: flag().default(false),
  earlyMedia: flag().default(false),
};

export const say: z.ZodType<SayVerb, unknown> = z
  .object(sayFields)
  .refine(({ text: texts, stream }) => texts !== undefined || stream, {
    path: ['text'],
    error: 'expected a text or a list of texts',
  })
  .transform(({ text: texts = [], ...fields }) => ({
    verb: 'say',
    ...fields,
    texts: texts.filter((words) => words.trim() !== '').map((words) => words.slice(0, LONGEST_TEXT)),
  }));

function chosen(value: string | undefined): string | undefined {
  return value === undefined || value === '' || value === 'default' ? undefined : value;
}

function voiceIn(voice: Readonly<Record<string, unknown>>): string | undefined {
  const name = voice['name'] ?? voice['voice_id'];
  return typeof name === 'string' ? name : undefined;
}

const MOST_LANGUAGES = 4;
const MOST_HINTS = 100;
const LONGEST_HINT = 200;
const LONGEST_TEXT = 10_000;
