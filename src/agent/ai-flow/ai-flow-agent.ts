/** Connects calls to an app written for sipgate AI Flow: by webhook or by WebSocket, as its URL says. */
import { type Clock, systemClock, type Timers } from '../../clock.ts';
import { SwitchError } from '../../errors.ts';
import type { Agent, AgentHost } from '../agent.ts';
import { type AppMetrics, noMetrics } from '../app-metrics.ts';
import { webSocketDialler } from './dial-websocket.ts';
import { type EventSwitches, standardEvents } from './events.ts';
import { createHttpExchange } from './http-exchange.ts';
import type { NumberFormat } from './phone-number.ts';
import { type AgentTls, tlsSettings } from './tls.ts';
import { WebhookAgent } from './webhook.ts';
import { WebSocketAgent } from './websocket.ts';

export interface AiFlowAgentOptions {
  /** `http:`, `https:`, `ws:` or `wss:`. */
  readonly url: string;
  /** The shared secret, sent as `X-API-TOKEN`; none when undefined or empty. */
  readonly token?: string | undefined;
  /** Signs webhooks, as `x-sipgate-signature`; none when undefined or empty. */
  readonly signingSecret?: string | undefined;
  /** `digits` unless told. */
  readonly numberFormat?: NumberFormat | undefined;
  /** For the answer to an event, and to open a WebSocket; 5000 unless told. */
  readonly timeoutMs?: number | undefined;
  /** Sent with every request and upgrade. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The protocol of today unless told. */
  readonly events?: EventSwitches | undefined;
  /** For `https:` and `wss:`. */
  readonly tls?: AgentTls | undefined;
  readonly clock?: Clock & Timers;
  readonly metrics?: AppMetrics | undefined;
}

/** An `AgentFactory` that keeps connections between calls. */
export interface AiFlowAgentFactory {
  (host: AgentHost): Agent;
  close(): Promise<void>;
}

export function createAiFlowAgent(options: AiFlowAgentOptions): AiFlowAgentFactory {
  const url = URL.parse(options.url);
  if (url === null || !/^(https?|wss?):$/.test(url.protocol))
    throw new SwitchError(
      'config-invalid',
      `an agent URL begins with http, https, ws or wss: ${options.url}`,
    );
  const { numberFormat = 'digits', timeoutMs = DEFAULT_TIMEOUT_MS, token } = options;
  const { clock = systemClock, metrics = noMetrics, events: switches = standardEvents } = options;
  const headers = {
    ...lowerCased(options.headers ?? {}),
    'user-agent': USER_AGENT,
    ...(token === undefined || token === '' ? {} : { 'x-api-token': token }),
  };
  const shared = (host: AgentHost) => ({
    host,
    numberFormat,
    switches,
    clock,
    metrics,
    log: host.log,
  });

  if (url.protocol.startsWith('ws')) {
    const dial = webSocketDialler(url, headers, tlsSettings(options.tls));
    const make = (host: AgentHost) =>
      new WebSocketAgent({
        ...shared(host),
        dial,
        connectTimeoutMs: Math.min(timeoutMs, DEFAULT_TIMEOUT_MS),
      });
    return Object.assign(make, { close: () => Promise.resolve() });
  }
  const http = createHttpExchange({
    url,
    headers,
    signingSecret: options.signingSecret,
    connectTimeoutMs: timeoutMs,
    tls: tlsSettings(options.tls),
  });
  const make = (host: AgentHost) => new WebhookAgent({ ...shared(host), exchange: http.exchange, timeoutMs });
  return Object.assign(make, { close: http.close });
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** What sipgate's own platform allows an app. */
const DEFAULT_TIMEOUT_MS = 5_000;
const USER_AGENT = 'patchbay';
