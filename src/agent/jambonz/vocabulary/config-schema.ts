import { z } from 'zod';
import { boost, expected, flag, hook, listOf, text } from './fields.ts';
import { delayActionSchema, fillerNoise } from './gather-schema.ts';
import { input, listen, words } from './sound-schemas.ts';
import { recognizer, synthesizer } from './speech-schema.ts';
import type { VerbList } from './verb-list.ts';
import type { BargeInConfig, ConfigVerb, ListenVerb } from './verbs.ts';

export function configSchema(verbs: VerbList): z.ZodType<ConfigVerb, unknown> {
  return z
    .object({
      id: text().optional(),
      synthesizer: synthesizer.optional(),
      recognizer: recognizer.optional(),
      bargeIn: bargeIn.optional(),
      listen: backgroundListen.optional(),
      stream: backgroundListen.optional(),
      notifyEvents: flag().optional(),
      actionHookDelayAction: delayActionSchema(verbs).optional(),
      fillerNoise: fillerNoise.optional(),
      ttsStream: z.object({ enable: flag(), synthesizer: synthesizer.default({}) }).optional(),
      earlyMedia: flag().optional(),
      boostAudioSignal: boost.optional(),
      reset: listOf(z.string(), 'a name or a list of names').default([]),
    })
    .transform(({ stream, listen: fork, actionHookDelayAction, ...fields }) => ({
      verb: 'config',
      id: fields.id,
      synthesizer: fields.synthesizer,
      recognizer: fields.recognizer,
      bargeIn: fields.bargeIn,
      listen: fork ?? stream,
      notifyEvents: fields.notifyEvents,
      delayAction: actionHookDelayAction,
      fillerNoise: fields.fillerNoise,
      ttsStream: fields.ttsStream,
      earlyMedia: fields.earlyMedia,
      boost: fields.boostAudioSignal,
      reset: fields.reset,
    }));
}

const bargeIn: z.ZodType<BargeInConfig, unknown> = z
  .object({
    enable: flag().default(true),
    sticky: flag().default(false),
    input: input.default({ digits: true, speech: false }),
    actionHook: hook.optional(),
    minBargeinWordCount: words,
  })
  .transform(({ input: kinds, ...fields }) => ({ ...fields, ...kinds, actionHook: fields.actionHook }));

/** `enable: false` ends it, and needs no URL. */
const backgroundListen: z.ZodType<{ enable: boolean; verb: ListenVerb | undefined }, unknown> = z
  .looseObject({ enable: flag().default(true) }, expected('an object with enable and url'))
  .transform(({ enable, ...fields }, context) => {
    if (!enable) return { enable, verb: undefined };
    const parsed = listen.safeParse(fields);
    if (parsed.success) return { enable, verb: parsed.data };
    const issue = parsed.error.issues[0]!;
    context.addIssue({ code: 'custom', path: [...issue.path], message: issue.message });
    return z.NEVER;
  });
