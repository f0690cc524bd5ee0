/**
 * The cloud providers that are configured, each for both directions: plain data, so that it may cross into a thread.
 * The keys are secrets: they go into request headers, and nowhere else.
 */
export interface ProviderSettings {
  readonly azure?: AzureSettings | undefined;
  readonly deepgram?: DeepgramSettings | undefined;
  readonly elevenLabs?: ElevenLabsSettings | undefined;
  readonly openai?: OpenAiSettings | undefined;
}

export type ProviderName = keyof ProviderSettings;

interface CommonSettings {
  /** Where an utterance names no voice, or one that cannot be the provider's. */
  readonly voice: string;
  /** What speech is asked for at. */
  readonly rateHz: number;
}

export interface AzureSettings extends CommonSettings {
  readonly key: string;
  /** Like `westeurope`. */
  readonly region?: string | undefined;
  /** Of a resource with a domain of its own, instead of a region. */
  readonly baseUrl?: string | undefined;
}

export interface DeepgramSettings extends CommonSettings {
  readonly key: string;
  readonly baseUrl: string;
  readonly sttModel: string;
}

export interface ElevenLabsSettings extends CommonSettings {
  readonly key: string;
  readonly baseUrl: string;
  readonly sttModel: string;
  readonly ttsModel: string;
}

export interface OpenAiSettings extends CommonSettings {
  /** Servers of one's own often want none. */
  readonly key?: string | undefined;
  /** With `/v1`. */
  readonly baseUrl: string;
  readonly sttModel: string;
  readonly ttsModel: string;
}
