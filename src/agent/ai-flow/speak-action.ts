import type { Script, VoiceChoice } from '../../speech/script.ts';
import type { AgentCommand, BargeInRule, EndOfTurnSilence } from '../agent.ts';
import type { ActionWarning } from './action-warning.ts';
import type { Fields } from './fields.ts';

/** `speak`: text or SSML, of which SSML wins; undefined when there is nothing to say. */
export function speak(fields: Fields, warnings: ActionWarning[]): AgentCommand | undefined {
  const script = scriptOf(fields, warnings);
  if (script === undefined) return undefined;
  const timeoutSeconds = fields.number('user_input_timeout_seconds', {
    least: 0,
    most: 600,
    unit: ' of seconds',
    outside: 'clamp',
  });
  return {
    kind: 'say',
    script,
    voice: voiceOf(fields.nested('tts')),
    bargeIn: bargeInRule(fields.nested('barge_in')),
    inputTimeoutMs:
      timeoutSeconds === undefined || timeoutSeconds === 0 ? undefined : Math.round(timeoutSeconds * 1000),
    endOfTurnSilenceMs: endOfTurnSilenceMs(fields),
  };
}

/** `barge_in` of `speak` and `audio`; a rule without a strategy, as n8n sends it, has the default one. */
export function bargeInRule(fields: Fields | undefined): BargeInRule {
  const named = fields?.text('strategy');
  const strategy = named === undefined ? DEFAULT_STRATEGY : strategies.get(named.toLowerCase());
  if (named !== undefined && strategy === undefined)
    fields?.warn('strategy', `one of ${[...strategies.keys()].join(', ')}`, 'minimum_characters is used');
  return {
    strategy: strategy ?? DEFAULT_STRATEGY,
    minimumCharacters:
      fields?.number('minimum_characters', { least: 1, most: 100, whole: true, outside: 'clamp' }) ?? 3,
    allowAfterMs:
      fields?.number('allow_after_ms', {
        least: 0,
        most: 10_000,
        whole: true,
        unit: ' of milliseconds',
        outside: 'clamp',
      }) ?? 0,
  };
}

/** `vad.end_of_turn_silence_ms`; instead of what is not valid "the system default takes over" (reference, VAD). */
export function endOfTurnSilenceMs(fields: Fields): EndOfTurnSilence | undefined {
  const vad = fields.nested('vad');
  if (vad === undefined || !vad.has('end_of_turn_silence_ms')) return undefined;
  const range = {
    least: 150,
    most: 2000,
    whole: true,
    unit: ' of milliseconds',
    outside: 'default',
  } as const;
  return vad.number('end_of_turn_silence_ms', range) ?? 'default';
}

function scriptOf(fields: Fields, warnings: ActionWarning[]): Script | undefined {
  const ssml = fields.text('ssml');
  const given = ssml ?? fields.text('text');
  if (given === undefined) {
    warnings.push({
      field: 'speak',
      found: 'neither text nor ssml',
      expected: 'one of them',
      consequence: 'nothing is said',
    });
    return undefined;
  }
  const format = ssml === undefined ? 'text' : 'ssml';
  if (given.length <= LONGEST_TEXT) return { text: given, format };
  fields.warn(format, `at most ${LONGEST_TEXT} characters`, 'the rest is not said');
  return { text: given.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, ''), format };
}

function voiceOf(fields: Fields | undefined): VoiceChoice {
  return {
    provider: fields?.text('provider')?.toLowerCase(),
    language: fields?.text('language'),
    voice: fields && voiceName(fields),
  };
}

/** A string, or as old apps have it `{ name }` or `{ id }`. */
function voiceName(fields: Fields): string | undefined {
  const old = fields.nestedIfObject('voice');
  if (old !== undefined) return old.text('name') ?? old.text('id');
  return fields.text('voice', 'the name of a voice');
}

const strategies: ReadonlyMap<string, BargeInRule['strategy']> = new Map([
  ['none', 'none'],
  ['manual', 'manual'],
  ['minimum_characters', 'minimum-characters'],
  ['immediate', 'immediate'],
]);
const DEFAULT_STRATEGY = 'minimum-characters';
const LONGEST_TEXT = 10_000;
