/** Providers as they may be configured, at addresses where nobody is, and what a recognition asks for. */
import type { ProviderSettings } from '../../../src/speech/provider-settings.ts';
import type { ProtocolOptions } from '../../../src/speech/stt/streaming-protocol.ts';

export const providers: { readonly [Name in keyof ProviderSettings]-?: NonNullable<ProviderSettings[Name]> } =
  {
    azure: {
      key: 'azure-key',
      region: 'westeurope',
      voice: 'en-US-AvaMultilingualNeural',
      rateHz: 8000,
    },
    deepgram: {
      key: 'deepgram-key',
      baseUrl: 'https://deepgram.test',
      sttModel: 'nova-3',
      voice: 'aura-2-thalia-en',
      rateHz: 8000,
    },
    elevenLabs: {
      key: 'elevenlabs-key',
      baseUrl: 'https://elevenlabs.test',
      sttModel: 'scribe_v2_realtime',
      ttsModel: 'eleven_flash_v2_5',
      voice: '21m00Tcm4TlvDq8ikWAM',
      rateHz: 8000,
    },
    openai: {
      key: 'openai-key',
      baseUrl: 'https://openai.test/v1',
      sttModel: 'whisper-1',
      ttsModel: 'gpt-4o-mini-tts',
      voice: 'alloy',
      rateHz: 24_000,
    },
  };

export const recognition: ProtocolOptions = {
  rateHz: 8000,
  languages: [],
  vocabulary: [],
  endOfTurnSilenceMs: 700,
};
