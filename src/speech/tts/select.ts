/** Chooses who speaks: apps name voices of providers that are not here, and must be heard all the same. */
import type { ProviderName } from '../provider-settings.ts';
import type { VoiceChoice } from '../script.ts';
import { isFliteVoice } from './flite-voices.ts';

export type EngineName = 'flite' | 'espeak';

/** A voice that is installed here. */
interface LocalVoice {
  readonly engine: EngineName;
  readonly voice: string;
}

/** What speaks for a voice that an app names: one that is installed, or one of a provider. */
export interface SubstituteVoice {
  readonly engine: EngineName | ProviderName;
  readonly voice: string;
}

export interface VoiceRules {
  /** BCP 47; spoken when neither the app nor the script names a language. */
  readonly defaultLanguage: string;
  /** What stands in for an app's voice: by `provider/voice`, `provider/language` or `provider`. */
  readonly substitutes: Readonly<Record<string, SubstituteVoice>>;
}

export interface Selection extends LocalVoice {
  /** BCP 47. */
  readonly language: string;
  /** Set when the app named a voice and another one speaks: one line for the log. */
  readonly remark: string | undefined;
}

/** `scriptLanguage` is what an SSML document says of itself; what the request says comes first. */
export function selectVoice(
  choice: VoiceChoice,
  scriptLanguage: string | undefined,
  rules: VoiceRules,
): Selection {
  const language = languageOf(choice, scriptLanguage, rules);
  const substitute = substituteFor(choice, language, rules);
  const exact = isLocal(substitute) ? substitute : localVoice(choice);
  if (exact !== undefined) return { ...exact, language, remark: undefined };
  const chosen = byLanguage(language);
  const named = [choice.provider, choice.voice].filter((name) => name !== undefined).join('/');
  const remark =
    named === ''
      ? undefined
      : `voice: found "${named.slice(0, 60)}", expected a configured voice; ${chosen.engine} speaks ${chosen.voice}`;
  return { ...chosen, language, remark };
}

/** The request comes first, then what its voice speaks, then the script. */
export function languageOf(
  choice: VoiceChoice,
  scriptLanguage: string | undefined,
  rules: VoiceRules,
): string {
  return choice.language ?? languageOfVoiceName(choice.voice) ?? scriptLanguage ?? rules.defaultLanguage;
}

/** The nearest that is configured: for the very voice, for the provider's language, for the provider. */
export function substituteFor(
  { provider, voice }: VoiceChoice,
  language: string,
  rules: VoiceRules,
): SubstituteVoice | undefined {
  const names = [`${provider}/${voice}`, `${provider}/${language}`, `${provider}`];
  const name = names.find((candidate) => Object.hasOwn(rules.substitutes, candidate));
  return provider === undefined || name === undefined ? undefined : rules.substitutes[name];
}

function isLocal(substitute: SubstituteVoice | undefined): substitute is LocalVoice {
  return substitute?.engine === 'flite' || substitute?.engine === 'espeak';
}

/** The house's own engines by their own names. */
function localVoice({ provider, voice, language }: VoiceChoice): LocalVoice | undefined {
  if (provider === 'espeak') return { engine: 'espeak', voice: voice ?? espeakVoice(language ?? 'en') };
  if (provider === 'flite') return { engine: 'flite', voice: isFliteVoice(voice) ? voice : 'rms' };
  return provider === undefined && isFliteVoice(voice) ? { engine: 'flite', voice } : undefined;
}

function byLanguage(language: string): LocalVoice {
  return /^en(-|$)/i.test(language)
    ? { engine: 'flite', voice: 'rms' }
    : { engine: 'espeak', voice: espeakVoice(language) };
}

/** `de-DE` of Azure's `de-DE-KatjaNeural`. */
function languageOfVoiceName(voice: string | undefined): string | undefined {
  return /^([a-z]{2,3}-[A-Z]{2})-/.exec(voice ?? '')?.[1];
}

/** The language alone, but where espeak-ng calls it something else or knows the region's own accent. */
function espeakVoice(language: string): string {
  const tag = language.toLowerCase();
  const primary = tag.split('-')[0]!;
  return espeakNames.get(tag) ?? espeakNames.get(primary) ?? primary;
}

const espeakNames: ReadonlyMap<string, string> = new Map([
  ['en-gb', 'en-gb'],
  ['en-us', 'en-us'],
  ['es-mx', 'es-419'],
  ['es-us', 'es-419'],
  ['fr-be', 'fr-be'],
  ['fr-ch', 'fr-ch'],
  ['pt-br', 'pt-br'],
  ['zh-hk', 'yue'],
  ['zh', 'cmn'],
  ['no', 'nb'],
]);
