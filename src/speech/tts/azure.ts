import type { AzureSettings } from '../provider-settings.ts';
import { azureSsml } from './azure-ssml.ts';
import type { SpeechProvider } from './speech-provider.ts';

/** Azure's speech over HTTP. @see https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech */
export function azureSpeech({ key, region, baseUrl, rateHz }: AzureSettings): SpeechProvider {
  const url =
    baseUrl === undefined
      ? `https://${region}.tts.speech.microsoft.com/cognitiveservices/v1`
      : `${baseUrl.replace(/\/+$/, '')}/tts/cognitiveservices/v1`;
  return {
    rateHz,
    takesSsml: true,
    request: ({ script, voice, language }) => ({
      url,
      headers: {
        'ocp-apim-subscription-key': key,
        'content-type': 'application/ssml+xml',
        'x-microsoft-outputformat': `raw-${rateHz / 1000}khz-16bit-mono-pcm`,
        'user-agent': 'Patchbay',
      },
      body: azureSsml(script, voice, language),
    }),
  };
}
