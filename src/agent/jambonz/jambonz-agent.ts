/** Connects calls to an app written for jambonz: by WebSocket or by webhooks, as its URL says. */
import { randomUUID } from 'node:crypto';
import { type Clock, systemClock, type Timers } from '../../clock.ts';
import { SwitchError } from '../../errors.ts';
import type { AgentFactory, AgentHost } from '../agent.ts';
import { webSocketDialler } from '../ai-flow/dial-websocket.ts';
import { type AgentTls, tlsSettings } from '../ai-flow/tls.ts';
import { type AppMetrics, noMetrics } from '../app-metrics.ts';
import type { AppIdentity } from './call-facts.ts';
import { JambonzSession } from './jambonz-session.ts';
import { createHttpClient } from './link/http-client.ts';
import type { LinkSettings } from './link/make-links.ts';
import type { SettingsDefaults, VendorNames } from './session-settings.ts';
import type { Hook, RecognizerChoice, SynthesizerChoice } from './vocabulary/verbs.ts';

export interface JambonzAgentOptions {
  /** `http:`, `https:`, `ws:` or `wss:`; what stands behind `#` says how often to try again. */
  readonly url: string;
  /** Of the first request to a webhook. */
  readonly method?: 'GET' | 'POST' | undefined;
  /** Where webhook apps are told of the call's status. */
  readonly statusUrl?: string | undefined;
  /** HTTP Basic. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** Signs what webhooks are told; nothing is signed when undefined. */
  readonly webhookSecret?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly accountSid: string;
  readonly applicationSid: string;
  readonly serviceProviderSid?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
  /** Told to the app as `env_vars`. */
  readonly envVars?: Readonly<Record<string, unknown>> | undefined;
  /** Added to those that are known. */
  readonly vendors?: VendorNames | undefined;
  /** Until the app changes them. */
  readonly synthesizer?: SynthesizerChoice | undefined;
  readonly recognizer?:
    | { readonly vendor?: string | undefined; readonly language?: string | undefined }
    | undefined;
  /** For each leg; 2 unless told, as with jambonz. */
  readonly dubTracks?: number | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly ackTimeoutMs?: number | undefined;
  readonly hookTimeoutMs?: number | undefined;
  readonly tls?: AgentTls | undefined;
  readonly metrics?: AppMetrics | undefined;
  readonly clock?: Clock & Timers;
  /** The network unless told. */
  readonly dialler?: LinkSettings['dialler'];
  readonly exchange?: LinkSettings['exchange'];
  readonly newSid?: () => string;
}

/** What every session of an app shares. */
export interface JambonzSettings {
  readonly callHook: Hook;
  readonly statusHook: Hook | undefined;
  readonly identity: AppIdentity;
  readonly speech: SettingsDefaults;
  readonly links: LinkSettings;
  readonly mostDubTracks: number;
  readonly newSid: () => string;
}

/** An `AgentFactory` that keeps connections between calls. */
export interface JambonzAgentFactory extends AgentFactory {
  close(): Promise<void>;
}

export function createJambonzAgent(options: JambonzAgentOptions): JambonzAgentFactory {
  if (!/^(https?|wss?):$/.test(URL.parse(options.url)?.protocol ?? ''))
    throw new SwitchError('config-invalid', `a jambonz app's URL begins with http or ws: ${options.url}`);
  const { clock = systemClock, newSid = randomUUID, synthesizer = {} } = options;
  const recognizer = recognizerOf(options.recognizer);
  const { method = 'POST', statusUrl, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const tls = tlsSettings(options.tls);
  const http = createHttpClient({ connectTimeoutMs: CONNECT_TIMEOUT_MS, tls });
  const settings: JambonzSettings = {
    callHook: { url: options.url, method },
    statusHook: statusUrl === undefined ? undefined : { url: statusUrl, method: 'POST' },
    identity: {
      accountSid: options.accountSid,
      applicationSid: options.applicationSid,
      serviceProviderSid: options.serviceProviderSid,
      apiBaseUrl: options.apiBaseUrl,
      envVars: options.envVars ?? {},
      defaults: { synthesizer, recognizer },
    },
    speech: { synthesizer, recognizer, vendors: { ...knownVendors, ...options.vendors } },
    links: {
      appUrl: options.url,
      auth: options.auth,
      secret: options.webhookSecret,
      headers: options.headers ?? {},
      tls,
      connectTimeoutMs,
      ackTimeoutMs: options.ackTimeoutMs ?? ACK_TIMEOUT_MS,
      hookTimeoutMs: options.hookTimeoutMs ?? HOOK_TIMEOUT_MS,
      exchange: options.exchange ?? http.exchange,
      dialler: options.dialler ?? webSocketDialler,
      clock,
      metrics: options.metrics ?? noMetrics,
    },
    mostDubTracks: options.dubTracks ?? MOST_DUB_TRACKS,
    newSid,
  };
  return Object.assign((host: AgentHost) => new JambonzSession(host, settings), {
    answersItself: true,
    close: http.close,
  });
}

function recognizerOf({
  vendor,
  language,
}: NonNullable<JambonzAgentOptions['recognizer']> = {}): RecognizerChoice {
  return { vendor, languages: language === undefined ? [] : [language], hints: [] };
}

/** jambonz's names of vendors that `speech.providers` has under others. */
const knownVendors: VendorNames = { microsoft: 'azure', elevenlabs: 'eleven_labs' };

const CONNECT_TIMEOUT_MS = 1_500;
const ACK_TIMEOUT_MS = 5_000;
const HOOK_TIMEOUT_MS = 10_000;
const MOST_DUB_TRACKS = 2;
