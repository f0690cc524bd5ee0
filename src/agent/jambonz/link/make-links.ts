/** Makes the ways to an app and to where its hooks point. */
import type { Clock, Timers } from '../../../clock.ts';
import type { Logger } from '../../../logger.ts';
import type { webSocketDialler } from '../../ai-flow/dial-websocket.ts';
import type { TlsSettings } from '../../ai-flow/tls.ts';
import type { AppMetrics } from '../../app-metrics.ts';
import type { Hook } from '../vocabulary/verbs.ts';
import { type AppCommand, type AppLink, isAbsolute, type LinkFailure } from './app-link.ts';
import type { HttpExchange } from './http-client.ts';
import { parseRetryPolicy } from './retry-policy.ts';
import { basic, WebhookLink } from './webhook-link.ts';
import { WebSocketLink } from './websocket-link.ts';

export interface LinkSettings {
  /** Credentials and headers go to its host alone. */
  readonly appUrl: string;
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  readonly secret: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsSettings;
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
  readonly hookTimeoutMs: number;
  readonly exchange: HttpExchange;
  readonly dialler: typeof webSocketDialler;
  readonly clock: Clock & Timers;
  readonly metrics: AppMetrics;
}

/** What a link tells the session that it belongs to. */
export interface LinkListener {
  readonly callSid: string;
  readonly log: Logger;
  guard(act: () => void): void;
  commanded(command: AppCommand): void;
  reconnected(body: unknown): void;
  released(): void;
  lost(reason: LinkFailure): void;
}

/** `ws:` and `wss:` are dialled, anything else is asked by HTTP. */
export function makeLink(
  hook: Hook,
  statusHook: Hook | undefined,
  settings: LinkSettings,
  listener: LinkListener,
): AppLink {
  const { clock, exchange, secret, metrics } = settings;
  const { log, callSid } = listener;
  const { url, policy } = parseRetryPolicy(hook.url, MOST_DIALS);
  const target = URL.parse(url);
  const isOwn = target?.hostname === URL.parse(settings.appUrl)?.hostname;
  const headers = isOwn ? settings.headers : {};
  const own = credentialsOf(hook) ?? (isOwn ? settings.auth : undefined);
  if (target === null || !isAbsolute(url, 'ws'))
    return new WebhookLink({
      ...{ url: hook.url, method: hook.method, statusHook, auth: own },
      ...{ secret, headers, exchange, clock, metrics, log, timeoutMs: settings.hookTimeoutMs },
    });
  const fields = {
    ...headers,
    'user-agent': 'patchbay',
    ...(own && { authorization: basic(own.username, own.password) }),
  };
  const form = { subprotocols: ['ws.jambonz.org'], mostOctets: MOST_OCTETS, mostRedirects: 2 };
  return new WebSocketLink({
    dial: settings.dialler(target, fields, settings.tls, form),
    policy,
    callSid,
    traceId: callSid.replaceAll('-', ''),
    connectTimeoutMs: policy.connectTimeoutMs ?? settings.connectTimeoutMs,
    ackTimeoutMs: policy.responseTimeoutMs ?? settings.ackTimeoutMs,
    clock,
    metrics,
    log,
    guard: (act) => listener.guard(act),
    onCommand: (command) => listener.commanded(command),
    onReconnected: (body) => listener.reconnected(body),
    onReleased: () => listener.released(),
    onLost: (reason) => listener.lost(reason),
  });
}

function credentialsOf({ username, password }: Hook): LinkSettings['auth'] {
  return username === undefined || password === undefined ? undefined : { username, password };
}

const MOST_DIALS = 5;
const MOST_OCTETS = 1024 * 1024;
