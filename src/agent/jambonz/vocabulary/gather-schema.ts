import { z } from 'zod';
import { flag, hook, number, seconds, text } from './fields.ts';
import { input, play, words } from './sound-schemas.ts';
import { recognizer, say } from './speech-schema.ts';
import type { VerbList } from './verb-list.ts';
import type { DelayAction, FillerNoise, GatherVerb } from './verbs.ts';

export const fillerNoise: z.ZodType<FillerNoise, unknown> = z
  .object({ enable: flag(), url: text().optional(), startDelaySecs: seconds(60).default(0) })
  .transform(({ startDelaySecs, ...fields }) => ({
    ...fields,
    url: fields.url,
    startDelayMs: startDelaySecs,
  }));

/** `verbs` reads the actions, which are verbs themselves. */
export function delayActionSchema(verbs: VerbList): z.ZodType<DelayAction, unknown> {
  return z
    .object({
      enabled: flag().default(true),
      noResponseTimeout: seconds(600).default(0),
      noResponseGiveUpTimeout: seconds(600).optional(),
      retries: number(0, 100).default(0),
      actions: verbs(['say', 'play']).default([]),
      giveUpActions: verbs('any').default([]),
    })
    .transform(({ noResponseTimeout, noResponseGiveUpTimeout, actions, ...fields }) => ({
      ...fields,
      noResponseTimeoutMs: noResponseTimeout,
      giveUpTimeoutMs: noResponseGiveUpTimeout,
      actions: actions.filter((verb) => verb.verb === 'say' || verb.verb === 'play'),
    }));
}

export function gatherSchema(verbs: VerbList): z.ZodType<GatherVerb, unknown> {
  return z
    .object({
      id: text().optional(),
      actionHook: hook.optional(),
      input: input.default({ digits: true, speech: false }),
      numDigits: number(1, 100).optional(),
      minDigits: number(0, 100).default(1),
      maxDigits: number(1, 100).optional(),
      finishOnKey: text().optional(),
      timeout: seconds(86_400).default(DEFAULT_TIMEOUT_MS),
      interDigitTimeout: seconds(600).optional(),
      speechTimeout: seconds(60).optional(),
      say: say.optional(),
      play: play.optional(),
      bargein: flag().default(false),
      dtmfBargein: flag().optional(),
      minBargeinWordCount: words,
      listenDuringPrompt: flag().default(true),
      partialResultHook: hook.optional(),
      recognizer: recognizer.default({ languages: [], hints: [] }),
      actionHookDelayAction: delayActionSchema(verbs).optional(),
      fillerNoise: fillerNoise.optional(),
    })
    .transform((fields) => ({
      verb: 'gather',
      id: fields.id,
      actionHook: fields.actionHook,
      ...fields.input,
      minDigits: fields.numDigits ?? fields.minDigits,
      maxDigits: fields.numDigits ?? fields.maxDigits ?? MOST_DIGITS,
      finishOnKey: fields.finishOnKey,
      timeoutMs: fields.timeout,
      interDigitTimeoutMs: fields.interDigitTimeout,
      speechTimeoutMs: fields.speechTimeout,
      prompt: fields.say ?? fields.play,
      bargein: fields.bargein,
      dtmfBargein: fields.dtmfBargein ?? fields.input.digits,
      minBargeinWordCount: fields.minBargeinWordCount,
      listenDuringPrompt: fields.listenDuringPrompt,
      partialResultHook: fields.partialResultHook,
      recognizer: fields.recognizer,
      delayAction: fields.actionHookDelayAction,
      fillerNoise: fields.fillerNoise,
    }));
}

const DEFAULT_TIMEOUT_MS = 15_000;
const MOST_DIGITS = 100;
