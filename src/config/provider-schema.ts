import { z } from 'zod';
import type { ProviderSettings } from '../speech/provider-settings.ts';
import { expected, section, text, urlOf } from './fields.ts';

/** The cloud providers of speech, each for recognition and for voices. `secret` reads their keys. */
export function providersSchema(secret: z.ZodType<string, unknown>): z.ZodType<ProviderSettings, unknown> {
  const key = secret.describe("The provider's key.");
  const voice = (name: string) =>
    text().default(name).describe('Speaks where an utterance names no voice of this provider.');
  const rateHz = z
    .literal([8000, 16_000, 24_000])
    .default(8000)
    .describe('What voices are asked for at; telephony hears 8000.');
  const azure = z
    .strictObject({
      key,
      region: text().optional().describe('Like `westeurope`.'),
      baseUrl: urlOf(['http', 'https'])
        .optional()
        .describe("Of a resource with a domain of its own, instead of a region's."),
      voice: voice('en-US-AvaMultilingualNeural'),
      rateHz,
    })
    .refine(({ region, baseUrl }) => region !== undefined || baseUrl !== undefined, {
      path: ['region'],
      error: expected('a region, or a baseUrl').error,
    });
  const deepgram = z.strictObject({
    key,
    baseUrl: urlOf(['http', 'https']).default('https://api.deepgram.com').describe('Where the service is.'),
    sttModel: text().default('nova-3').describe('Recognises.'),
    voice: voice('aura-2-thalia-en'),
    rateHz,
  });
  const elevenLabs = z.strictObject({
    key,
    baseUrl: urlOf(['http', 'https']).default('https://api.elevenlabs.io').describe('Where the service is.'),
    sttModel: text().default('scribe_v2_realtime').describe('Recognises.'),
    ttsModel: text().default('eleven_flash_v2_5').describe('Speaks.'),
    voice: voice('21m00Tcm4TlvDq8ikWAM'),
    rateHz,
  });
  const openai = z.strictObject({
    key: key.optional(),
    baseUrl: urlOf(['http', 'https'])
      .default('https://api.openai.com/v1')
      .describe("Where the service is, OpenAI's or one's own, with `/v1`."),
    sttModel: text().default('whisper-1').describe('Recognises.'),
    ttsModel: text().default('gpt-4o-mini-tts').describe('Speaks.'),
    voice: voice('alloy'),
    rateHz: z
      .literal([8000, 16_000, 22_050, 24_000, 44_100, 48_000])
      .default(24_000)
      .describe("Of the server's `pcm`: OpenAI's is 24000."),
  });
  return section(
    z.strictObject({
      azure: azure.optional().describe('Azure AI Speech.'),
      deepgram: deepgram.optional().describe('Deepgram.'),
      elevenLabs: elevenLabs.optional().describe('ElevenLabs.'),
      openai: openai.optional().describe('OpenAI, or a server that speaks its protocol.'),
    }),
  );
}
