/** The webhook's own transport: HTTP/1.1 over kept-alive connections. */
import { createHmac } from 'node:crypto';
import { Agent, type Dispatcher } from 'undici';
import type { TlsSettings } from './tls.ts';
import type { Delivery, WebhookExchange, WebhookFailure, WebhookResult } from './webhook.ts';

export interface HttpExchangeOptions {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Signs each request; none when undefined or empty. */
  readonly signingSecret: string | undefined;
  readonly connectTimeoutMs: number;
  readonly tls: TlsSettings;
}

export interface HttpExchange {
  readonly exchange: WebhookExchange;
  /** Drops the connections that are open. */
  close(): Promise<void>;
}

export function createHttpExchange(options: HttpExchangeOptions): HttpExchange {
  const { url, headers, signingSecret, connectTimeoutMs, tls } = options;
  const connections = new Agent({
    connections: MOST_CONNECTIONS,
    connect: { ...tls, timeout: connectTimeoutMs },
    // The webhook measures the whole exchange.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const post = (to: URL, eventText: string, delivery: Delivery) =>
    new Promise<RawResult>((resolve) => {
      const request: Dispatcher.DispatchOptions = {
        origin: to.origin,
        path: `${to.pathname}${to.search}`,
        method: 'POST',
        headers: {
          ...headers,
          ...authorizationOf(to),
          ...(signingSecret && { 'x-sipgate-signature': signatureOf(eventText, signingSecret) }),
          'content-type': 'application/json',
        },
        body: eventText,
      };
      connections.dispatch(request, new Collector(delivery, resolve));
    });

  async function exchange(eventText: string, delivery: Delivery): Promise<WebhookResult> {
    const first = await post(url, eventText, delivery);
    if (first.kind === 'failed' || !(first.status === 307 || first.status === 308)) return first;
    const target = URL.parse(first.location ?? '', url.href);
    if (target === null || !isSameHost(target, url)) {
      const detail = `status ${first.status} to ${target?.host ?? 'nowhere'}: followed on the same host only`;
      return { kind: 'failed', reason: 'redirected', detail };
    }
    return post(target, eventText, delivery);
  }

  return { exchange, close: () => connections.destroy() };
}

/** The token goes to the host that was configured, and never from HTTPS to HTTP. */
function isSameHost(target: URL, url: URL): boolean {
  const secured = target.protocol === 'https:' || target.protocol === url.protocol;
  return target.hostname === url.hostname && secured && /^https?:$/.test(target.protocol);
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

/** HMAC-SHA-256 of the body as it is sent: apps know by it that the event is ours, and whole. */
function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

type RawResult =
  | Extract<WebhookResult, { kind: 'failed' }>
  | (Extract<WebhookResult, { kind: 'answered' }> & { readonly location: string | undefined });

/** Collects one response, as far as it may be long, and settles once. */
class Collector implements Dispatcher.DispatchHandler {
  readonly #delivery: Delivery;
  readonly #settle: (result: RawResult) => void;
  readonly #chunks: Buffer[] = [];
  #octets = 0;
  #status = 0;
  #contentType = '';
  #location: string | undefined;

  constructor(delivery: Delivery, settle: (result: RawResult) => void) {
    this.#delivery = delivery;
    this.#settle = settle;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { signal } = this.#delivery;
    const abort = () => controller.abort(new Error('nobody waits for the answer any more'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  }

  onRequestSent(): void {
    this.#delivery.sent();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status;
    this.#contentType = headerOf(headers, 'content-type') ?? '';
    this.#location = headerOf(headers, 'location');
    if (Number(headerOf(headers, 'content-length') ?? 0) > MOST_OCTETS) this.#refuse(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#octets += chunk.length;
    if (this.#octets > MOST_OCTETS) this.#refuse(controller);
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle({
      kind: 'answered',
      status: this.#status,
      contentType: this.#contentType,
      body: new TextDecoder().decode(Buffer.concat(this.#chunks)),
      location: this.#location,
    });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#settle({ kind: 'failed', reason: reasonOf(error), detail: error.message });
  }

  #refuse(controller: Dispatcher.DispatchController): void {
    const detail = `the answer is longer than ${MOST_OCTETS} octets`;
    this.#settle({ kind: 'failed', reason: 'too-large', detail });
    this.#chunks.length = 0;
    controller.abort(new Error(detail));
  }
}

function headerOf(headers: Record<string, string | string[] | undefined>, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

function reasonOf(error: Error): WebhookFailure {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return 'refused';
  return code === 'UND_ERR_CONNECT_TIMEOUT' ? 'timed-out' : 'unreachable';
}

const MOST_CONNECTIONS = 512;
/** A base64 sound at its limit and the JSON around it. */
const MOST_OCTETS = 24 * 1024 * 1024;
