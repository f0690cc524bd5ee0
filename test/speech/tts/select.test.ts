import { describe, expect, it } from 'vitest';
import type { VoiceChoice } from '../../../src/speech/script.ts';
import { selectVoice, type VoiceRules } from '../../../src/speech/tts/select.ts';

const rules: VoiceRules = {
  defaultLanguage: 'en',
  substitutes: {
    'azure/de-DE-KatjaNeural': { engine: 'espeak', voice: 'de+f3' },
    'azure/fr-FR': { engine: 'espeak', voice: 'fr-fr' },
    eleven_labs: { engine: 'flite', voice: 'slt' },
  },
};

const table: readonly (readonly [string, Partial<VoiceChoice>, string])[] = [
  ['speaks the default language when nothing is said', {}, 'flite rms'],
  ['speaks English with flite', { language: 'en-GB' }, 'flite rms'],
  ['speaks other languages with espeak-ng', { language: 'de-DE' }, 'espeak de'],
  ['knows the region where espeak-ng has its accent', { language: 'pt-BR' }, 'espeak pt-br'],
  ['knows what espeak-ng calls Mandarin', { language: 'zh-CN' }, 'espeak cmn'],
  [
    'takes the language from the name of a voice',
    { provider: 'azure', voice: 'it-IT-ElsaNeural' },
    'espeak it',
  ],
  ['prefers the configured voice', { provider: 'azure', voice: 'de-DE-KatjaNeural' }, 'espeak de+f3'],
  ['knows a provider by language', { provider: 'azure', language: 'fr-FR', voice: 'x' }, 'espeak fr-fr'],
  ['knows a provider by name alone', { provider: 'eleven_labs', voice: '21m00' }, 'flite slt'],
  ['takes a voice of flite by its own name', { provider: 'flite', voice: 'awb' }, 'flite awb'],
  ['takes a voice of espeak-ng by its own name', { provider: 'espeak', voice: 'sv' }, 'espeak sv'],
  ['hands a language nobody knows to espeak-ng', { language: 'constructor' }, 'espeak constructor'],
  ['speaks all the same for a provider nobody knows', { provider: 'acme', voice: 'zoe' }, 'flite rms'],
];

function choose(choice: Partial<VoiceChoice>, scriptLanguage?: string) {
  return selectVoice(
    { provider: undefined, language: undefined, voice: undefined, ...choice },
    scriptLanguage,
    rules,
  );
}

describe('choosing a voice', () => {
  it.each(table)('%s', (_rule, choice, expected) => {
    const { engine, voice } = choose(choice);
    expect(`${engine} ${voice}`).toBe(expected);
  });

  it('listens to the script when the request names no language', () => {
    expect(choose({}, 'nl-NL')).toMatchObject({ engine: 'espeak', voice: 'nl', language: 'nl-NL' });
    expect(choose({ language: 'en' }, 'nl-NL')).toMatchObject({ engine: 'flite' });
  });

  it('remarks in one line that another voice speaks than was asked for', () => {
    expect(choose({ provider: 'azure', voice: 'en-US-JennyNeural' }).remark).toBe(
      'voice: found "azure/en-US-JennyNeural", expected a configured voice; flite speaks rms',
    );
    expect(choose({ language: 'de' }).remark).toBeUndefined();
  });
});
