import { z } from 'zod';
import { auth, expected, flag, hook, listOf, loop, number, seconds, text } from './fields.ts';
import type { ListenVerb, PauseVerb, PlayVerb } from './verbs.ts';

export const play: z.ZodType<PlayVerb, unknown> = z
  .object({
    id: text().optional(),
    url: listOf(z.string().min(1), 'a URL or a list of URLs'),
    loop: loop(),
    earlyMedia: flag().default(false),
    seekOffset: seconds(86_400).default(0),
    timeoutSecs: seconds(86_400).optional(),
    actionHook: hook.optional(),
  })
  .transform(({ url, seekOffset, timeoutSecs, actionHook, ...fields }) => ({
    verb: 'play',
    ...fields,
    urls: url,
    seekOffsetMs: seekOffset,
    timeoutMs: timeoutSecs,
    actionHook,
  }));

export const pause: z.ZodType<PauseVerb, unknown> = z
  .object({ id: text().optional(), length: seconds(86_400) })
  .transform(({ id, length }) => ({ verb: 'pause', id, lengthMs: length }));

const rate = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .pipe(z.literal([8000, 16_000, 24_000, 48_000], expected('8000, 16000, 24000 or 48000')));

/** Under `listen` of `config` and `dial` the fields stand without a verb. */
export const listen: z.ZodType<ListenVerb, unknown> = z
  .object({
    id: text().optional(),
    url: z
      .string()
      .refine((url) => /^wss?:$/.test(URL.parse(url)?.protocol ?? ''), expected('a URL with ws: or wss:')),
    sampleRate: rate.default(8000),
    mixType: z.enum(['mono', 'mixed', 'stereo'], expected('mono, mixed or stereo')).default('mono'),
    bidirectionalAudio: z
      .object({
        enabled: flag().default(true),
        streaming: flag().default(false),
        sampleRate: rate.optional(),
      })
      .default({ enabled: true, streaming: false }),
    disableBidirectionalAudio: flag().default(false),
    metadata: z.record(z.string(), z.unknown(), expected('an object')).default({}),
    wsAuth: auth.optional(),
    actionHook: hook.optional(),
    passDtmf: flag().default(false),
    finishOnKey: text().default(''),
    maxLength: seconds(86_400).optional(),
    earlyMedia: flag().default(false),
  })
  .transform(({ bidirectionalAudio, disableBidirectionalAudio, sampleRate, ...fields }) => ({
    verb: 'listen',
    id: fields.id,
    url: fields.url,
    rateHz: sampleRate,
    mixType: fields.mixType,
    speaks: bidirectionalAudio.enabled && !disableBidirectionalAudio,
    streaming: bidirectionalAudio.streaming,
    speaksRateHz: bidirectionalAudio.sampleRate ?? sampleRate,
    metadata: fields.metadata,
    auth: fields.wsAuth,
    actionHook: fields.actionHook,
    passDtmf: fields.passDtmf,
    finishOnKey: fields.finishOnKey,
    maxLengthMs: fields.maxLength,
    earlyMedia: fields.earlyMedia,
  }));

/** Of `gather` and `config`: what may be input. */
export const input: z.ZodType<{ digits: boolean; speech: boolean }, unknown> = z
  .array(z.enum(['digits', 'speech'], expected('digits or speech')))
  .transform((kinds) => ({ digits: kinds.includes('digits'), speech: kinds.includes('speech') }));

export const words: z.ZodType<number, unknown> = number(0, 100).default(1);
