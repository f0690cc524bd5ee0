import { randomUUID } from 'node:crypto';
import type { Clock, Timers } from '../../clock.ts';
import type {
  AzureSettings,
  DeepgramSettings,
  ElevenLabsSettings,
  OpenAiSettings,
} from '../provider-settings.ts';
import { AzureProtocol } from './azure.ts';
import { DeepgramProtocol } from './deepgram.ts';
import { ElevenLabsProtocol } from './elevenlabs.ts';
import { OpenAiRecognizer } from './openai.ts';
import { connectWebSocket } from './provider-socket.ts';
import type { Recognizer } from './recognizer.ts';
import type { ProtocolOptions, StreamingProtocol } from './streaming-protocol.ts';
import { StreamingRecognition } from './streaming-recognition.ts';

/** A provider and how it is reached: plain data, which may cross into a thread. */
export type ProviderRecognizerSettings =
  | StreamingProvider
  | { readonly kind: 'openai'; readonly settings: OpenAiSettings };

type StreamingProvider =
  | { readonly kind: 'azure'; readonly settings: AzureSettings }
  | { readonly kind: 'deepgram'; readonly settings: DeepgramSettings }
  | { readonly kind: 'elevenLabs'; readonly settings: ElevenLabsSettings };

/** Speech to text by a cloud provider, for any number of callers. */
export function createProviderRecognizer(
  provider: ProviderRecognizerSettings,
  clock: Clock & Timers,
): Recognizer {
  if (provider.kind === 'openai') return new OpenAiRecognizer(provider.settings, clock);
  return {
    open: (options) =>
      new StreamingRecognition({
        ...options,
        createProtocol: () => createProtocol(provider, options, clock),
        connect: connectWebSocket,
        timers: clock,
      }),
  };
}

function createProtocol(
  provider: StreamingProvider,
  options: ProtocolOptions,
  clock: Clock,
): StreamingProtocol {
  switch (provider.kind) {
    case 'azure':
      return new AzureProtocol(provider.settings, options, { wallMs: () => clock.wallMs(), newId });
    case 'deepgram':
      return new DeepgramProtocol(provider.settings, options);
    case 'elevenLabs':
      return new ElevenLabsProtocol(provider.settings, options);
  }
}

function newId(): string {
  return randomUUID().replaceAll('-', '').toUpperCase();
}
