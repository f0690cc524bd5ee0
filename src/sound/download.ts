/** One sound from the web: redirects followed and judged anew, cut off when it is too long or too slow. */
import { Agent, type Dispatcher, request } from 'undici';
import type { AddressGuard } from './address-guard.ts';
import { AddressForbidden, guardedConnector, type ResolveHost } from './guarded-connector.ts';
import { type Refused, refused } from './refusal.ts';

export interface DownloadLimits {
  readonly mostOctets: number;
  readonly connectTimeoutMs: number;
  /** From the first request to the last octet, redirects included. */
  readonly timeoutMs: number;
}

export type DownloadRefusal =
  | 'url-invalid'
  | 'address-forbidden'
  | 'unreachable'
  | 'http-status'
  | 'too-many-redirects'
  | 'download-timed-out'
  | 'sound-too-large';

/** What the last response said that a later request may make use of. */
export interface Validators {
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
}

export type Download =
  | {
      readonly ok: true;
      /** Undefined when the server says that nothing has changed. */
      readonly octets: Uint8Array | undefined;
      readonly validators: Validators;
      readonly cacheControl: string;
    }
  | Refused<DownloadRefusal>;

export class Downloader {
  readonly #limits: DownloadLimits;
  readonly #connections: Agent;

  constructor(options: { guard: AddressGuard; resolve: ResolveHost; limits: DownloadLimits }) {
    this.#limits = options.limits;
    this.#connections = new Agent({
      connect: guardedConnector(options.guard, options.resolve, options.limits.connectTimeoutMs),
      connections: MOST_CONNECTIONS,
      // The deadline below is for all of it.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Never rejects. `known` asks for the sound only when it is another one by now. */
  async get(address: string, known: Validators | undefined): Promise<Download> {
    const signal = AbortSignal.timeout(this.#limits.timeoutMs);
    let url = URL.parse(address);
    try {
      for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
        if (url === null || !/^https?:$/.test(url.protocol)) return refused('url-invalid');
        const response = await request(withoutCredentials(url), {
          dispatcher: this.#connections,
          headers: { ...conditionsOf(known), ...authorizationOf(url), accept: 'audio/*, */*;q=0.1' },
          signal,
        });
        const location = response.headers['location'];
        if (!redirects.has(response.statusCode) || typeof location !== 'string')
          return await this.#read(response);
        await discard(response);
        url = URL.parse(location, url.href);
      }
      return refused('too-many-redirects');
    } catch (error) {
      return refusalOf(error, signal);
    }
  }

  close(): Promise<void> {
    return this.#connections.destroy();
  }

  async #read(response: Dispatcher.ResponseData): Promise<Download> {
    const { statusCode, headers, body } = response;
    const validators = { etag: headerOf(headers, 'etag'), lastModified: headerOf(headers, 'last-modified') };
    const cacheControl = headerOf(headers, 'cache-control') ?? '';
    if (statusCode !== 200) {
      await discard(response);
      if (statusCode === 304) return { ok: true, octets: undefined, validators, cacheControl };
      return refused('http-status', `HTTP ${statusCode}`);
    }
    if (Number(headerOf(headers, 'content-length') ?? 0) > this.#limits.mostOctets) {
      body.destroy();
      return refused('sound-too-large');
    }
    const chunks: Buffer[] = [];
    let octets = 0;
    for await (const chunk of body) {
      octets += (chunk as Buffer).length;
      // Leaving the loop ends the connection.
      if (octets > this.#limits.mostOctets) return refused('sound-too-large');
      chunks.push(chunk as Buffer);
    }
    return { ok: true, octets: new Uint8Array(Buffer.concat(chunks)), validators, cacheControl };
  }
}

/** Reads a short body, so that the connection can be used again; a long one ends it. */
async function discard({ body }: Dispatcher.ResponseData): Promise<void> {
  await body.dump({ limit: 16_384 });
}

function refusalOf(error: unknown, signal: AbortSignal): Refused<DownloadRefusal> {
  if (signal.aborted) return refused('download-timed-out');
  if (error instanceof AddressForbidden) return refused('address-forbidden', error.message);
  return refused('unreachable', error instanceof Error ? error.message || error.name : undefined);
}

function conditionsOf(known: Validators | undefined): Record<string, string> {
  return {
    ...(known?.etag === undefined ? {} : { 'if-none-match': known.etag }),
    ...(known?.lastModified === undefined ? {} : { 'if-modified-since': known.lastModified }),
  };
}

/** The credentials of a URL are for its own host: a redirect brings its own or none. */
function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function headerOf(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;
/** To one host at a time. */
const MOST_CONNECTIONS = 8;
