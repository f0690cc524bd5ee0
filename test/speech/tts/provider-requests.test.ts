import { describe, expect, it } from 'vitest';
import { azureSpeech } from '../../../src/speech/tts/azure.ts';
import { deepgramSpeech } from '../../../src/speech/tts/deepgram.ts';
import { elevenLabsSpeech } from '../../../src/speech/tts/elevenlabs.ts';
import { openAiSpeech } from '../../../src/speech/tts/openai.ts';
import { providers } from '../../support/providers/settings.ts';

const piece = (voice: string, language = 'de-DE') => ({
  script: { text: 'Guten "Tag"', format: 'text' as const },
  voice,
  language,
});

describe('what providers are asked to say', () => {
  it('stands for Deepgram in JSON, with raw samples asked for in the address', () => {
    expect(deepgramSpeech(providers.deepgram).request(piece('aura-2-viktoria-de'))).toEqual({
      url: 'https://deepgram.test/v1/speak?model=aura-2-viktoria-de&encoding=linear16&sample_rate=8000&container=none',
      headers: { authorization: 'Token deepgram-key', 'content-type': 'application/json' },
      body: '{"text":"Guten \\"Tag\\""}',
    });
  });

  it('stands for ElevenLabs in JSON, with the language where the model takes one', () => {
    const voice = '21m00Tcm4TlvDq8ikWAM';
    expect(elevenLabsSpeech(providers.elevenLabs).request(piece(voice))).toEqual({
      url: `https://elevenlabs.test/v1/text-to-speech/${voice}/stream?output_format=pcm_8000`,
      headers: { 'xi-api-key': 'elevenlabs-key', 'content-type': 'application/json' },
      body: '{"text":"Guten \\"Tag\\"","model_id":"eleven_flash_v2_5","language_code":"de"}',
    });
    const settings = { ...providers.elevenLabs, ttsModel: 'eleven_multilingual_v2', rateHz: 16_000 };
    const request = elevenLabsSpeech(settings).request(piece('../../x'));
    expect(request.url).toBe(
      'https://elevenlabs.test/v1/text-to-speech/..%2F..%2Fx/stream?output_format=pcm_16000',
    );
    expect(request.body).toBe('{"text":"Guten \\"Tag\\"","model_id":"eleven_multilingual_v2"}');
  });

  it('stands for OpenAI in JSON, with raw samples asked for', () => {
    expect(openAiSpeech(providers.openai).request(piece('nova'))).toEqual({
      url: 'https://openai.test/v1/audio/speech',
      headers: { authorization: 'Bearer openai-key', 'content-type': 'application/json' },
      body: '{"model":"gpt-4o-mini-tts","voice":"nova","input":"Guten \\"Tag\\"","response_format":"pcm"}',
    });
    const { key: _key, ...keyless } = providers.openai;
    expect(
      openAiSpeech({ ...keyless, baseUrl: 'http://tts:8880/v1/' }).request(piece('af_bella')),
    ).toMatchObject({
      url: 'http://tts:8880/v1/audio/speech',
      headers: { 'content-type': 'application/json' },
    });
  });

  it('stands for Azure in SSML, at the region’s address or that of one’s own domain', () => {
    const request = azureSpeech(providers.azure).request(piece('de-DE-KatjaNeural'));
    expect(request).toMatchObject({
      url: 'https://westeurope.tts.speech.microsoft.com/cognitiveservices/v1',
      headers: {
        'ocp-apim-subscription-key': 'azure-key',
        'content-type': 'application/ssml+xml',
        'x-microsoft-outputformat': 'raw-8khz-16bit-mono-pcm',
        'user-agent': 'Patchbay',
      },
    });
    expect(request.body).toContain('<voice name="de-DE-KatjaNeural">Guten &quot;Tag&quot;</voice>');
    const own = azureSpeech({
      ...providers.azure,
      baseUrl: 'https://acme.cognitiveservices.azure.com',
      rateHz: 16_000,
    });
    expect(own.request(piece('x'))).toMatchObject({
      url: 'https://acme.cognitiveservices.azure.com/tts/cognitiveservices/v1',
      headers: { 'x-microsoft-outputformat': 'raw-16khz-16bit-mono-pcm' },
    });
  });

  it.each(['azure', 'deepgram', 'elevenLabs', 'openai'] as const)(
    'has the key of %s in a header alone',
    (name) => {
      const speakers = {
        azure: azureSpeech(providers.azure),
        deepgram: deepgramSpeech(providers.deepgram),
        elevenLabs: elevenLabsSpeech(providers.elevenLabs),
        openai: openAiSpeech(providers.openai),
      };
      const { url, body } = speakers[name].request(piece('voice'));
      expect(`${url} ${body}`).not.toContain(providers[name].key);
    },
  );
});
