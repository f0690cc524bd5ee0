import type { ElevenLabsSettings } from '../provider-settings.ts';
import type { SpeechProvider } from './speech-provider.ts';

/** ElevenLabs' streamed speech. @see https://elevenlabs.io/docs/api-reference/text-to-speech/stream */
export function elevenLabsSpeech({ key, baseUrl, ttsModel, rateHz }: ElevenLabsSettings): SpeechProvider {
  return {
    rateHz,
    takesSsml: false,
    request({ script, voice, language }) {
      const path = `/v1/text-to-speech/${encodeURIComponent(voice)}/stream`;
      const url = new URL(`${baseUrl.replace(/\/+$/, '')}${path}`);
      url.searchParams.set('output_format', `pcm_${rateHz}`);
      return {
        url: url.href,
        headers: { 'xi-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify({
          text: script.text,
          model_id: ttsModel,
          // Other models refuse a language.
          ...(/v2_5/.test(ttsModel) ? { language_code: language.split('-')[0]!.toLowerCase() } : {}),
        }),
      };
    },
  };
}
