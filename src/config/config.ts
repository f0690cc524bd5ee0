import type { ToneCountry } from '../audio/ringing-tone.ts';
import type { ProviderSettings } from '../speech/provider-settings.ts';
import type { RecognitionSettings } from '../speech/stt/recognition-settings.ts';
import type { SubstituteVoice } from '../speech/tts/select.ts';
import type { EarRules } from '../speech/turns/ear.ts';
import type {
  AsteriskAudioSocketConfig,
  DeepgramAgentConfig,
  ElevenLabsAgentConfig,
  TwilioStreamConfig,
} from './agent-backends-schema.ts';
import type { AssemblyAiConfig, OpenAiRealtimeConfig } from './voice-agent-schema.ts';

/** The whole configuration, checked and complete. What each key means stands in `schema.ts`. */
export interface Config {
  readonly sip: SipConfig;
  readonly trunks: readonly TrunkConfig[];
  /** Asterisks that call us; those that we call are agents. */
  readonly asteriskAudioSocket: { readonly listen: readonly AsteriskListenConfig[] };
  readonly media: MediaConfig;
  readonly flows: Readonly<Record<string, FlowConfig>>;
  readonly routes: readonly RouteConfig[];
  readonly outbound: OutboundConfig;
  readonly speech: SpeechConfig;
  readonly sounds: SoundsConfig;
  readonly admin: { readonly enabled: boolean; readonly address: string; readonly port: number };
  readonly api: ApiConfig;
  readonly log: LogConfig;
  readonly limits: LimitsConfig;
}

export interface SipConfig {
  readonly listen: readonly ListenConfig[];
  readonly publicAddress?: string | undefined;
  readonly userAgent: string | null;
  readonly unknownSource: { readonly answer: number | null };
  readonly rateLimit: { readonly perSecond: number; readonly burst: number };
  readonly digest?: DigestConfig | undefined;
}

export interface AsteriskListenConfig {
  readonly address: string;
  readonly port: number;
  readonly flow: string;
  readonly routes: readonly { readonly uuid: string; readonly flow: string }[];
}

interface DigestConfig {
  readonly realm: string;
  readonly algorithms: readonly ('SHA-512-256' | 'SHA-256' | 'MD5')[];
}

type ListenConfig =
  | { readonly transport: 'udp' | 'tcp'; readonly address: string; readonly port: number }
  | {
      readonly transport: 'tls';
      readonly address: string;
      readonly port: number;
      readonly certificates: readonly { readonly certificate: PemConfig; readonly key: PemConfig }[];
      readonly clientCertificate: 'none' | 'request' | 'require';
      readonly clientCa?: PemConfig | undefined;
      readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
    };

/** Text in PEM, read anew each time it is asked for; undefined when it is gone. */
export type PemConfig = () => string | undefined;

export interface TrunkConfig {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly symmetricRtp: boolean;
  readonly inboundAuth: 'address' | 'digest' | 'both' | 'certificate';
  readonly accounts: readonly { readonly username: string; readonly password: string }[];
  readonly auth?: TrunkAuthConfig | undefined;
  readonly register?: RegisterConfig | undefined;
  readonly tls?: TrunkTlsConfig | undefined;
  readonly trusted: boolean;
  readonly mayRefer: boolean;
  readonly outbound?: TrunkOutboundConfig | undefined;
  readonly srtp: 'never' | 'offer' | 'require';
  readonly reliableProvisionals: boolean;
  readonly sessionTimers: SessionTimersConfig;
}

export interface TrunkOutboundConfig {
  readonly uri: string;
  readonly transfer: 'invite' | 'refer';
  readonly callerId: 'from' | 'pai' | 'both';
  readonly user?: string | undefined;
  readonly domain?: string | undefined;
}

export interface ApiConfig {
  /** Undefined: when there is a token. */
  readonly enabled?: boolean | undefined;
  readonly address: string;
  readonly port: number;
  readonly tls?: { readonly certificate: PemConfig; readonly key: PemConfig } | undefined;
  readonly tokens: readonly {
    readonly name: string;
    readonly token: string;
    readonly flows?: readonly string[] | undefined;
  }[];
}

export interface OutboundConfig {
  readonly allow: readonly string[];
  readonly routes: readonly {
    readonly number: string;
    readonly trunk: string;
    readonly strip: number;
    readonly prefix: string;
  }[];
  readonly maxConcurrent: number;
  readonly perMinute: number;
}

interface TrunkAuthConfig {
  readonly username: string;
  readonly password: string;
  readonly realm?: string | undefined;
}

interface TrunkTlsConfig {
  readonly names: readonly string[];
  readonly ca?: PemConfig | undefined;
  readonly certificate?: PemConfig | undefined;
  readonly key?: PemConfig | undefined;
  readonly insecure: boolean;
}

interface RegisterConfig {
  readonly registrars: readonly string[];
  readonly user?: string | undefined;
  readonly domain?: string | undefined;
  readonly expiresS: number;
  readonly keepAliveS: number;
}

interface SessionTimersConfig {
  readonly mode: 'off' | 'accept' | 'request';
  readonly intervalS: number;
  readonly minS: number;
}

export interface MediaConfig {
  readonly address: string;
  readonly publicAddress?: string | undefined;
  readonly addressIpv6?: string | undefined;
  readonly publicAddressIpv6?: string | undefined;
  readonly portMin: number;
  readonly portMax: number;
  readonly workers: number | 'auto';
  readonly codecs: readonly ('G722' | 'PCMA' | 'PCMU')[];
  readonly silenceTimeoutMs: number;
}

export interface FlowConfig {
  readonly id?: string | undefined;
  readonly agent: AgentConfig;
  readonly accountId: string;
  readonly phoneNumber?: string | undefined;
  readonly voice: VoiceConfig;
  readonly listening: ListeningConfig;
  readonly ambience?: AmbienceConfig | undefined;
  readonly background?: BackgroundConfig | undefined;
  readonly fallback: { readonly announcement: string; readonly transferTo?: string | undefined };
  readonly transfer: { readonly tone: ToneCountry; readonly ringing?: string | undefined };
  readonly answerAfterMs: number;
}

export type AgentConfig =
  | AiFlowConfig
  | AudioSocketConfig
  | TwilioStreamConfig
  | AsteriskAudioSocketConfig
  | DeepgramAgentConfig
  | ElevenLabsAgentConfig
  | JambonzConfig
  | AssemblyAiConfig
  | OpenAiRealtimeConfig
  | { readonly kind: 'echo' }
  | { readonly kind: 'demo' };

interface AiFlowConfig {
  readonly kind: 'ai-flow';
  readonly url: string;
  readonly token?: string | undefined;
  readonly signingSecret?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly numberFormat: 'digits' | 'plus' | 'raw';
  readonly events: {
    readonly endedOnBargeIn: boolean;
    readonly legacyBargeIn: boolean;
    readonly spokenText: boolean;
    readonly endReason: boolean;
    readonly endAfterTransfer: boolean;
    readonly sipHeaders: boolean | readonly string[];
  };
  readonly tls: AgentTlsConfig;
}

/** Certificates and keys in PEM. */
export interface AgentTlsConfig {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly insecure: boolean;
}

export interface JambonzConfig {
  readonly kind: 'jambonz';
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly statusUrl?: string | undefined;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  readonly webhookSecret?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly accountSid?: string | undefined;
  readonly applicationSid: string;
  readonly serviceProviderSid?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
  readonly envVars: Readonly<Record<string, string | number | boolean>>;
  readonly vendors: Readonly<Record<string, string>>;
  readonly synthesizer: {
    readonly vendor?: string | undefined;
    readonly language?: string | undefined;
    readonly voice?: string | undefined;
  };
  readonly recognizer: { readonly vendor?: string | undefined; readonly language?: string | undefined };
  readonly dubTracks: number;
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
  readonly hookTimeoutMs: number;
  readonly tls: AgentTlsConfig;
}

interface AudioSocketConfig {
  readonly kind: 'audio-socket';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly rateHz: 8000 | 16000 | 24000;
  readonly frameMs: 20 | 40 | 60;
  readonly dubTracks: number;
}

interface VoiceConfig {
  readonly provider?: string | undefined;
  readonly language?: string | undefined;
  readonly voice?: string | undefined;
}

interface ListeningConfig {
  readonly provider?: string | undefined;
  readonly languages: readonly string[];
  readonly vocabulary: readonly string[];
  readonly endOfTurnSilenceMs: number;
}

interface RouteConfig {
  readonly number: string;
  readonly flow: string;
}

export type TurnsConfig = EarRules;

/** The providers stand beside it, because they also speak. */
export type RecognitionConfig = Omit<RecognitionSettings, 'providers'>;

interface SpeechConfig {
  readonly defaultLanguage: string;
  readonly voices: Readonly<Record<string, SubstituteVoice>>;
  readonly cacheOctets: number;
  readonly threads: number;
  readonly espeakCommand: string;
  readonly turns: TurnsConfig;
  readonly recognition: RecognitionConfig;
  readonly providers: ProviderSettings;
}

export interface SoundsConfig {
  readonly folder: string;
  readonly allowAddresses: readonly string[];
  readonly largestOctets: number;
  readonly longestS: number;
  readonly cacheOctets: number;
  readonly ffmpegCommand: string;
  readonly tracksPerCall: number;
}

export interface AmbienceConfig {
  readonly sound: string;
  readonly gain: number;
  readonly loudnessLufs: number | null;
  readonly startsAnywhere: boolean;
  readonly ducking?: DuckingConfig | undefined;
}

export interface BackgroundConfig {
  readonly ambientSound?: readonly BackgroundSoundConfig[] | undefined;
  readonly thinkingSound?: readonly BackgroundSoundConfig[] | undefined;
}

export interface BackgroundSoundConfig {
  readonly source: string;
  /** Linear. */
  readonly volume: number;
  /** Undefined for a sound that stands alone: it is always played. */
  readonly probability?: number | undefined;
  /** Seconds, as `fadeOut` is. */
  readonly fadeIn: number;
  readonly fadeOut: number;
  readonly startAfterMs?: number | undefined;
  readonly loop: boolean;
  readonly loudnessLufs?: number | undefined;
  readonly startsAnywhere: boolean;
  readonly ducking?: DuckingConfig | undefined;
}

export interface DuckingConfig {
  readonly depthDb: number;
  readonly attackMs: number;
  readonly releaseMs: number;
}

interface LimitsConfig {
  readonly maxCalls: number;
  readonly maxSetupsPerSecond: number | null;
  readonly maxCallDurationS: number;
  readonly drainS: number;
}

interface LogConfig {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly redactNumbers: boolean;
  readonly redactTranscripts: boolean;
}
