/** Chooses the provider that speaks, where one is configured for what the app names. */
import type { ProviderName, ProviderSettings } from '../provider-settings.ts';
import type { VoiceChoice } from '../script.ts';
import { languageOf, substituteFor, type VoiceRules } from './select.ts';

export interface ProviderRules extends VoiceRules {
  readonly providers: ProviderSettings;
}

export interface ProviderSelection {
  readonly provider: ProviderName;
  readonly voice: string;
  /** BCP 47. */
  readonly language: string;
  /** Set when the app named a voice and another one speaks: one line for the log. */
  readonly remark: string | undefined;
}

/** Undefined: it is for the built-in voices to speak. `scriptLanguage` is what an SSML document says of itself. */
export function selectProvider(
  choice: VoiceChoice,
  scriptLanguage: string | undefined,
  rules: ProviderRules,
): ProviderSelection | undefined {
  const language = languageOf(choice, scriptLanguage, rules);
  const substitute = substituteFor(choice, language, rules);
  if (substitute !== undefined) {
    const { engine, voice } = substitute;
    if (engine === 'flite' || engine === 'espeak' || rules.providers[engine] === undefined) return undefined;
    return { provider: engine, voice, language, remark: undefined };
  }
  const provider = providerNames.get(choice.provider?.toLowerCase() ?? '');
  const settings = provider && rules.providers[provider];
  if (provider === undefined || settings === undefined) return undefined;
  if (choice.voice !== undefined && voiceShapes[provider].test(choice.voice))
    return { provider, voice: choice.voice, language, remark: undefined };
  const voice = provider === 'deepgram' ? deepgramVoice(settings.voice, language) : settings.voice;
  if (voice === undefined) return undefined;
  const remark =
    choice.voice === undefined
      ? undefined
      : `voice: found "${provider}/${choice.voice.slice(0, 60)}", expected a voice of the provider; ${voice} speaks`;
  return { provider, voice, language, remark };
}

/** Each voice speaks one language, which its name ends in: another than the configured one, for another language. */
function deepgramVoice(configured: string, language: string): string | undefined {
  const primary = language.split('-')[0]!.toLowerCase();
  return configured.endsWith(`-${primary}`) ? configured : deepgramVoices.get(primary);
}

/** As apps say them: AI Flow's names, and ours. */
const providerNames: ReadonlyMap<string, ProviderName> = new Map<string, ProviderName>([
  ['azure', 'azure'],
  ['deepgram', 'deepgram'],
  ['eleven_labs', 'elevenLabs'],
  ['elevenlabs', 'elevenLabs'],
  ['openai', 'openai'],
]);

/** What may be one of the provider's voices; others have names that mean nothing to it, like ElevenLabs' "Rachel". */
const voiceShapes: Readonly<Record<ProviderName, RegExp>> = {
  azure: /^[\w:-]{1,100}$/,
  deepgram: /^(aura|flux)[a-z0-9-]{1,60}$/,
  elevenLabs: /^[A-Za-z0-9]{20}$/,
  openai: /^[\w.:+() -]{1,100}$/,
};

/** One voice of Aura 2 for each of its languages. */
const deepgramVoices: ReadonlyMap<string, string> = new Map([
  ['en', 'aura-2-thalia-en'],
  ['de', 'aura-2-viktoria-de'],
  ['es', 'aura-2-celeste-es'],
  ['fr', 'aura-2-agathe-fr'],
  ['it', 'aura-2-livia-it'],
  ['ja', 'aura-2-izanami-ja'],
  ['nl', 'aura-2-rhea-nl'],
]);
