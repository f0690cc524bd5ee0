import type { DeepgramSettings } from '../provider-settings.ts';
import type { SpeechProvider } from './speech-provider.ts';

/** Deepgram's Aura: `/v1/speak`. A voice is a model. @see https://developers.deepgram.com/reference/text-to-speech/speak-request */
export function deepgramSpeech({ key, baseUrl, rateHz }: DeepgramSettings): SpeechProvider {
  return {
    rateHz,
    takesSsml: false,
    request({ script, voice }) {
      const url = new URL(`${baseUrl.replace(/\/+$/, '')}/v1/speak`);
      url.searchParams.set('model', voice);
      url.searchParams.set('encoding', 'linear16');
      url.searchParams.set('sample_rate', String(rateHz));
      url.searchParams.set('container', 'none');
      return {
        url: url.href,
        headers: { authorization: `Token ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ text: script.text }),
      };
    },
  };
}
