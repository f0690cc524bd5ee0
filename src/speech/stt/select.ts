/** Chooses who listens: apps name providers that may not be configured here, and must be heard all the same. */
import type { ProviderName, ProviderSettings } from '../provider-settings.ts';
import type { ProviderRecognizerSettings } from './create-provider-recognizer.ts';

type RecognizerName = 'built-in' | ProviderName;

export interface RecognizerRules {
  readonly providers: ProviderSettings;
  /** Who listens when nobody is named, or somebody who is not here. */
  readonly default: RecognizerName;
}

export interface RecognizerSelection {
  readonly recognizer: { readonly kind: 'built-in' } | ProviderRecognizerSettings;
  /** Set when the app named somebody who is not here: one line for the log. */
  readonly remark: string | undefined;
}

/** `named` as AI Flow has it, like `DEEPGRAM`; case does not matter. */
export function selectRecognizer(named: string | undefined, rules: RecognizerRules): RecognizerSelection {
  const standIn = configured(rules.default, rules.providers) ?? { kind: 'built-in' };
  if (named === undefined) return { recognizer: standIn, remark: undefined };
  const name = names.get(named.toLowerCase());
  const recognizer = name === undefined ? undefined : configured(name, rules.providers);
  if (recognizer !== undefined) return { recognizer, remark: undefined };
  const remark = `recogniser: found "${named.slice(0, 60)}", expected one that is configured; ${standIn.kind} listens`;
  return { recognizer: standIn, remark };
}

function configured(
  name: RecognizerName,
  { azure, deepgram, elevenLabs, openai }: ProviderSettings,
): RecognizerSelection['recognizer'] | undefined {
  switch (name) {
    case 'built-in':
      return { kind: 'built-in' };
    case 'azure':
      return azure && { kind: 'azure', settings: azure };
    case 'deepgram':
      return deepgram && { kind: 'deepgram', settings: deepgram };
    case 'elevenLabs':
      return elevenLabs && { kind: 'elevenLabs', settings: elevenLabs };
    case 'openai':
      return openai && { kind: 'openai', settings: openai };
  }
}

/** sipgate's own engines are models on servers: a server of one's own that speaks OpenAI's protocol stands for them. */
const names: ReadonlyMap<string, RecognizerName> = new Map<string, RecognizerName>([
  ['azure', 'azure'],
  ['deepgram', 'deepgram'],
  ['eleven_labs', 'elevenLabs'],
  ['elevenlabs', 'elevenLabs'],
  ['openai', 'openai'],
  ['built-in', 'built-in'],
  ['sipgate_qwen', 'openai'],
  ['sipgate_parakeet', 'openai'],
]);
