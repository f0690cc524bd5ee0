import type { OpenAiSettings } from '../provider-settings.ts';
import type { SpeechProvider } from './speech-provider.ts';

/** `/audio/speech` of OpenAI, and of servers that speak its protocol. @see https://platform.openai.com/docs/api-reference/audio/createSpeech */
export function openAiSpeech({ key, baseUrl, ttsModel, rateHz }: OpenAiSettings): SpeechProvider {
  return {
    rateHz,
    takesSsml: false,
    request: ({ script, voice }) => ({
      url: `${baseUrl.replace(/\/+$/, '')}/audio/speech`,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        'content-type': 'application/json',
      },
      body: JSON.stringify({ model: ttsModel, voice, input: script.text, response_format: 'pcm' }),
    }),
  };
}
