/** What an app orders in the middle of a call, beside its verbs. */
import { z } from 'zod';
import type { Logger } from '../../logger.ts';
import { type DubVerb, parseDubVerb } from '../dub/dub-verb.ts';
import { parseGain } from '../dub/parse-gain.ts';
import type { AppCommand, AppData } from './link/app-link.ts';
import { hook, number } from './vocabulary/fields.ts';
import { parseVerb } from './vocabulary/parse-verbs.ts';
import type { Hook, Verb } from './vocabulary/verbs.ts';

/** Who carries commands out. */
export interface CommandDesk {
  readonly log: Logger;
  /** Instead of what is performed, or behind it. */
  replace(body: unknown, queued: boolean): void;
  askFor(hook: Hook): void;
  hangUp(status: string): void;
  verb(verb: Verb): void;
  dub(verb: DubVerb, callSid: string | undefined): void;
  boost(gain: number, callSid: string | undefined): void;
  whisper(sounds: readonly ({ text: string } | { url: string })[], callSid: string | undefined): void;
  digits(digits: string, durationMs: number): void;
  listenStatus(status: 'pause' | 'silence' | 'resume'): void;
  tag(data: AppData): void;
  tokens(id: unknown, text: string): void;
  flush(): void;
  clear(): void;
  /** The command is known and its data are not. */
  mistaken(details: string): void;
}

export function obeyCommand({ command, callSid, queueCommand, data }: AppCommand, desk: CommandDesk): void {
  const read = <Value>(schema: z.ZodType<Value, unknown>, act: (value: Value) => void) => {
    const parsed = schema.safeParse(data);
    if (parsed.success) act(parsed.data);
    else {
      const { path, message } = parsed.error.issues[0]!;
      desk.mistaken(`${[command, ...path].join('.')}: ${message}`);
    }
  };
  switch (command) {
    case 'redirect':
      if (Array.isArray(data)) desk.replace(data, queueCommand);
      else read(callHook, desk.askFor);
      return;
    case 'call:status':
      read(statusOf('call_status', ['completed', 'no-answer']), desk.hangUp);
      return;
    case 'listen:status':
    case 'stream:status':
      read(
        statusOf<'pause' | 'silence' | 'resume'>(
          'listen_status',
          ['pause', 'silence', 'resume'],
          'stream_status',
        ),
        desk.listenStatus,
      );
      return;
    case 'config':
    case 'dial':
      read(z.record(z.string(), z.unknown()), (fields) => {
        const parsed = parseVerb(command, fields);
        if (parsed.ok) desk.verb(parsed.verb);
        else desk.mistaken(parsed.details);
      });
      return;
    case 'dub': {
      const verb = parseDubVerb(data);
      if (verb.ok) desk.dub(verb.value, callSid);
      else desk.mistaken(`dub: ${verb.reason}`);
      return;
    }
    case 'boostAudioSignal':
      read(boosted, (gain) => desk.boost(gain, callSid));
      return;
    case 'whisper':
      read(whispered, (sounds) => desk.whisper(sounds, callSid));
      return;
    case 'dtmf':
      read(pressed, ({ digit, duration }) => desk.digits(digit.toUpperCase(), duration));
      return;
    case 'tag':
      read(z.record(z.string(), z.unknown()), desk.tag);
      return;
    case 'tts:tokens':
      read(z.object({ id: z.unknown(), tokens: z.string() }), ({ id, tokens }) => desk.tokens(id, tokens));
      return;
    case 'tts:flush':
      desk.flush();
      return;
    case 'tts:clear':
      desk.clear();
      return;
    default:
      desk.log.warn({ command }, 'a command of the app is not supported');
  }
}

/** In an object, or, as the older SDK lets through, alone. */
function statusOf<Status extends string>(
  name: string,
  known: readonly Status[],
  otherName: string = name,
): z.ZodType<Status, unknown> {
  const status = z.literal([...known]);
  const named = z
    .record(z.string(), z.unknown())
    .transform((fields) => fields[name] ?? fields[otherName])
    .pipe(status);
  return z.union([status, named], { error: `expected ${name}: ${known.join(', ')}` }) as z.ZodType<
    Status,
    unknown
  >;
}

/** In an object, or alone. */
const boosted: z.ZodType<number, unknown> = z
  .union([z.number(), z.string(), z.object({ boostAudioSignal: z.union([z.number(), z.string()]) })], {
    error: 'expected decibels',
  })
  .transform((given) => parseGain(typeof given === 'object' ? given.boostAudioSignal : given));

const callHook: z.ZodType<Hook, unknown> = z
  .object({ call_hook: hook.optional(), parent_call: z.object({ call_hook: hook }).optional() })
  .transform(({ call_hook, parent_call }, context) => {
    const named = call_hook ?? parent_call?.call_hook;
    if (named !== undefined) return named;
    context.addIssue({
      code: 'custom',
      message: 'expected verbs, or call_hook: the other leg has no verbs of its own',
    });
    return z.NEVER;
  });

const words = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const sound = z.union([
  z.string().transform((text) => [{ text }]),
  z
    .object({ verb: z.literal('say').optional(), text: words })
    .transform(({ text }) => text.map((one) => ({ text: one }))),
  z
    .object({ verb: z.literal('play').optional(), url: words })
    .transform(({ url }) => url.map((one) => ({ url: one }))),
  z.object({ say: z.object({ text: words }) }).transform(({ say }) => say.text.map((one) => ({ text: one }))),
  z.object({ play: z.object({ url: words }) }).transform(({ play }) => play.url.map((one) => ({ url: one }))),
]);
const sounds = z.union([sound, z.array(sound).transform((all) => all.flat())], {
  error: 'expected say or play',
});
const whispered: z.ZodType<({ text: string } | { url: string })[], unknown> = z.union([
  z.object({ whisper: sounds }).transform(({ whisper }) => whisper),
  sounds,
]) as z.ZodType<({ text: string } | { url: string })[], unknown>;

const pressed: z.ZodType<{ digit: string; duration: number }, unknown> = z.object({
  digit: z.string().regex(/^[\d*#A-Da-d]{1,100}$/, { error: 'expected keys' }),
  duration: number(40, 5000).default(250),
});
