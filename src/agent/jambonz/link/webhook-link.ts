/** An app behind webhooks: each question is a request of its own, and its answer holds the verbs. */
import type { Clock, Timers } from '../../../clock.ts';
import type { Logger } from '../../../logger.ts';
import type { AppMetrics, ExchangeOutcome } from '../../app-metrics.ts';
import type { Hook } from '../vocabulary/verbs.ts';
import type { AppAnswer, AppData, AppLink, AppNotice, AppRequest } from './app-link.ts';
import type { HttpExchange, HttpResponse } from './http-client.ts';
import { isRetried, parseRetryPolicy } from './retry-policy.ts';
import { signatureOf } from './signature.ts';

export interface WebhookLinkOptions {
  /** The app's own URL: hooks are relative to it, and it is what `session:new` goes to. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly auth: { readonly username: string; readonly password: string } | undefined;
  /** Where `call:status` is told; nowhere when undefined. */
  readonly statusHook: Hook | undefined;
  readonly secret: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly exchange: HttpExchange;
  readonly timeoutMs: number;
  readonly clock: Clock & Timers;
  readonly metrics: AppMetrics;
  readonly log: Logger;
}

export class WebhookLink implements AppLink {
  readonly kind = 'webhook';
  readonly #options: WebhookLinkOptions;
  readonly #base: string;
  /** What is told is told in order. */
  #told: Promise<unknown> = Promise.resolve();

  constructor(options: WebhookLinkOptions) {
    this.#options = options;
    this.#base = parseRetryPolicy(options.url, 0).url;
  }

  request({ type, hook, data, timeoutMs }: AppRequest): Promise<AppAnswer> {
    const { url, method } = this.#options;
    return this.#ask(type, hook ?? { url, method }, data, timeoutMs);
  }

  notify({ type, data }: AppNotice): void {
    const { statusHook } = this.#options;
    if (type !== 'call:status' || statusHook === undefined) return;
    this.#told = this.#told.then(() => this.#ask(type, statusHook, data, undefined));
  }

  async close(): Promise<void> {
    await this.#told;
  }

  async #ask(type: string, hook: Hook, data: AppData, longerMs: number | undefined): Promise<AppAnswer> {
    const { log, clock, metrics } = this.#options;
    const { url: plain, policy } = parseRetryPolicy(hook.url, 0);
    const url = URL.parse(plain, this.#base);
    if (url === null || !/^https?:$/.test(url.protocol))
      return { ok: false, reason: 'bad-response', detail: 'a hook is no http URL' };
    const timeoutMs = longerMs ?? policy.responseTimeoutMs ?? this.#options.timeoutMs;
    for (let attempt = 0; ; attempt += 1) {
      log.info({ type, host: url.host, path: url.pathname, attempt }, 'told the app');
      const askedMs = clock.nowMs();
      const response = await this.#exchangeInTime(url, hook, data, timeoutMs);
      const answer = answerIn(response);
      metrics.exchanged(outcomeOf(response, answer), clock.nowMs() - askedMs);
      if (answer.ok) return answer;
      log.warn({ type, reason: answer.reason, detail: answer.detail }, 'the app did not answer as it should');
      if (attempt >= policy.retries || !isRetried(policy, caseOf(response))) return answer;
    }
  }

  #exchangeInTime(
    url: URL,
    hook: Hook,
    data: AppData,
    timeoutMs: number,
  ): Promise<HttpResponse | 'timed-out'> {
    const { exchange, clock } = this.#options;
    const abort = new AbortController();
    const body = hook.method === 'POST' ? JSON.stringify(data) : undefined;
    const headers = this.#headersFor(url, hook, body);
    return new Promise((resolve) => {
      const cancel = clock.schedule(timeoutMs, () => {
        resolve('timed-out');
        abort.abort();
      });
      const to = body === undefined ? withQuery(url, data) : url;
      void exchange({ url: to, method: hook.method, headers, body, signal: abort.signal }).then(
        (response) => {
          cancel();
          resolve(response);
        },
      );
    });
  }

  #headersFor(url: URL, hook: Hook, body: string | undefined): Record<string, string> {
    const { headers, secret, clock } = this.#options;
    const authorization = this.#authorizationFor(url, hook);
    return {
      // The app's own headers may be secrets: they go to its own host alone.
      ...(this.#isOwn(url) && headers),
      'user-agent': 'patchbay',
      accept: 'application/json',
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(secret !== undefined && { 'jambonz-signature': signatureOf(body ?? '', secret, clock.wallMs()) }),
      ...(authorization !== undefined && { authorization }),
    };
  }

  #authorizationFor(url: URL, { username, password }: Hook): string | undefined {
    const { auth } = this.#options;
    if (username !== undefined && password !== undefined) return basic(username, password);
    if (url.username !== '') return basic(unescaped(url.username), unescaped(url.password));
    return auth !== undefined && this.#isOwn(url) ? basic(auth.username, auth.password) : undefined;
  }

  #isOwn(url: URL): boolean {
    return URL.parse(this.#base)?.origin === url.origin;
  }
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** As written where its escapes are none: URLs parse with those, too. */
function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** 202, 204 and an empty body are no verbs, and no mistake. */
function answerIn(response: HttpResponse | 'timed-out'): AppAnswer {
  if (response === 'timed-out') return { ok: false, reason: 'timed-out', detail: 'no answer in time' };
  if (response.kind === 'failed') return { ok: false, reason: response.reason, detail: response.detail };
  const { status, body } = response;
  if (status < 200 || status > 299) return { ok: false, reason: 'refused', detail: `status ${status}` };
  if (status === 202 || status === 204 || body.trim() === '') return { ok: true, body: undefined };
  try {
    return { ok: true, body: JSON.parse(body) };
  } catch {
    return { ok: false, reason: 'bad-response', detail: `status ${status} with a body that is not JSON` };
  }
}

function outcomeOf(response: HttpResponse | 'timed-out', answer: AppAnswer): ExchangeOutcome {
  if (answer.ok) {
    const { body } = answer;
    return body === undefined || (Array.isArray(body) && body.length === 0) ? 'no-action' : 'actions';
  }
  if (response === 'timed-out') return 'timed-out';
  if (response.kind === 'failed') return response.reason === 'bad-response' ? 'too-large' : 'unreachable';
  const { status } = response;
  if (status < 300) return 'not-json';
  if (status < 400) return 'redirected';
  return status < 500 ? 'client-error' : 'server-error';
}

function caseOf(response: HttpResponse | 'timed-out'): 'rt' | 'ct' | number {
  if (response === 'timed-out') return 'rt';
  return response.kind === 'failed' ? 'ct' : response.status;
}

/** Objects stand there as JSON; the INVITE, which may be longer than a URL, not at all. */
function withQuery(url: URL, data: AppData): URL {
  const to = new URL(url);
  for (const [name, value] of Object.entries(data)) {
    if (name === 'sip' || value === undefined || value === null) continue;
    to.searchParams.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return to;
}
