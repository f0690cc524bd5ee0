import { describe, expect, it } from 'vitest';
import type { VoiceChoice } from '../../../src/speech/script.ts';
import { type ProviderRules, selectProvider } from '../../../src/speech/tts/select-provider.ts';
import { providers } from '../../support/providers/settings.ts';

const rules: ProviderRules = {
  providers,
  defaultLanguage: 'en',
  substitutes: {
    'eleven_labs/Rachel': { engine: 'elevenLabs', voice: 'AAAAAAAAAAAAAAAAAAAA' },
    'eleven_labs/Local': { engine: 'flite', voice: 'rms' },
    acme: { engine: 'azure', voice: 'en-GB-SoniaNeural' },
  },
};

const choose = (choice: Partial<VoiceChoice>, scriptLanguage?: string, configured = rules) =>
  selectProvider(
    { provider: undefined, language: undefined, voice: undefined, ...choice },
    scriptLanguage,
    configured,
  );

const table: readonly (readonly [string, Partial<VoiceChoice>, string])[] = [
  [
    'takes a voice of Azure',
    { provider: 'azure', voice: 'de-DE-KatjaNeural' },
    'azure de-DE-KatjaNeural de-DE',
  ],
  [
    'takes a voice of ElevenLabs',
    { provider: 'eleven_labs', voice: 'x'.repeat(20) },
    `elevenLabs ${'x'.repeat(20)} en`,
  ],
  [
    'takes the configured voice where none is named',
    { provider: 'eleven_labs' },
    'elevenLabs 21m00Tcm4TlvDq8ikWAM en',
  ],
  ['minds no capitals', { provider: 'OpenAI', voice: 'nova' }, 'openai nova en'],
  [
    'maps a name to a voice',
    { provider: 'eleven_labs', voice: 'Rachel' },
    'elevenLabs AAAAAAAAAAAAAAAAAAAA en',
  ],
  [
    'maps a provider that nobody has to one that is here',
    { provider: 'acme', voice: 'zoe' },
    'azure en-GB-SoniaNeural en',
  ],
  [
    'takes a voice of Deepgram that speaks the language',
    { provider: 'deepgram', language: 'de-DE' },
    'deepgram aura-2-viktoria-de de-DE',
  ],
  [
    'takes the configured voice of Deepgram for its own language',
    { provider: 'deepgram', language: 'en-GB' },
    'deepgram aura-2-thalia-en en-GB',
  ],
];

describe('choosing a provider to speak', () => {
  it.each(table)('%s', (_rule, choice, expected) => {
    const { provider, voice, language, remark } = choose(choice)!;
    expect(`${provider} ${voice} ${language}`).toBe(expected);
    expect(remark).toBeUndefined();
  });

  it('speaks with the configured voice for one that cannot be the provider’s, and remarks so', () => {
    expect(choose({ provider: 'eleven_labs', voice: 'Bella' })).toMatchObject({
      voice: '21m00Tcm4TlvDq8ikWAM',
      remark:
        'voice: found "elevenLabs/Bella", expected a voice of the provider; 21m00Tcm4TlvDq8ikWAM speaks',
    });
  });

  it('listens to the script when the request names no language', () => {
    expect(choose({ provider: 'deepgram' }, 'nl-NL')?.voice).toBe('aura-2-rhea-nl');
  });

  it.each([
    ['no provider is named', {}],
    ['nobody knows the provider', { provider: 'constructor' }],
    ['an installed voice stands in', { provider: 'eleven_labs', voice: 'Local' }],
    ['an installed voice is named', { provider: 'espeak', voice: 'de' }],
    ['the provider does not speak the language', { provider: 'deepgram', language: 'pl-PL' }],
  ])('leaves it to the built-in voices when %s', (_why, choice) => {
    expect(choose(choice)).toBeUndefined();
  });

  it('leaves it to the built-in voices when the provider is not configured', () => {
    const none = { ...rules, providers: {} };
    expect(choose({ provider: 'azure', voice: 'de-DE-KatjaNeural' }, undefined, none)).toBeUndefined();
    expect(choose({ provider: 'acme' }, undefined, none)).toBeUndefined();
  });
});
