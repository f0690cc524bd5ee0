import { Agent, type FormData, request as send } from 'undici';
import type { Timers } from '../clock.ts';
import { ProviderError, type ProviderRefusal, refusalOf } from './provider-failure.ts';

export interface ProviderRequest {
  readonly url: string;
  /** The provider's key stands here, and is taken out of what an error says. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | FormData;
}

export interface ProviderWaits {
  /** From the request to the first octets of the answer's body. */
  readonly firstMs: number;
  /** Between octets, while more are waited for. */
  readonly nextMs: number;
}

export interface ProviderOctets {
  /** Of the answer: in lower case, without parameters; empty when not told. */
  readonly contentType: string;
  readonly octets: Uint8Array;
}

/** HTTP requests to providers, over connections that are kept. */
export class ProviderHttp {
  readonly #timers: Timers;
  readonly #connections = new Agent({
    connections: MOST_CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Octets of the answer's body as they come. Rejects with `ProviderError`, or the signal's reason when it aborts. */
  async *post(
    request: ProviderRequest,
    waits: ProviderWaits,
    signal: AbortSignal,
  ): AsyncGenerator<ProviderOctets> {
    const ours = new AbortController();
    const wait = (delayMs: number) =>
      this.#timers.schedule(delayMs, () =>
        ours.abort(new ProviderError({ reason: 'timed-out', lasting: false }, `nothing for ${delayMs} ms`)),
      );
    let cancelWait = wait(waits.firstMs);
    try {
      const response = await send(request.url, {
        method: 'POST',
        headers: request.headers,
        body: request.body,
        dispatcher: this.#connections,
        signal: AbortSignal.any([signal, ours.signal]),
      });
      if (response.statusCode !== 200) {
        const body = await beginning(response.body);
        throw new ProviderError(
          refusalOf(response.statusCode, body),
          `status ${response.statusCode}: ${withoutSecrets(body, request.headers)}`,
        );
      }
      const contentType = String(response.headers['content-type'] ?? '')
        .split(';')[0]!
        .trim()
        .toLowerCase();
      for await (const octets of response.body as AsyncIterable<Uint8Array>) {
        cancelWait();
        yield { contentType, octets };
        cancelWait = wait(waits.nextMs);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw ours.signal.aborted ? ours.signal.reason : asProviderError(error);
    } finally {
      cancelWait();
      ours.abort();
    }
  }

  close(): Promise<void> {
    return this.#connections.destroy();
  }
}

/** As much of a body as an error needs. */
async function beginning(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const octets of body) {
    text += Buffer.from(octets).toString();
    if (text.length >= MOST_ERROR_CHARACTERS) break;
  }
  return text.slice(0, MOST_ERROR_CHARACTERS);
}

/** Some services quote the key that they do not accept. */
function withoutSecrets(text: string, headers: Readonly<Record<string, string>>): string {
  const words = Object.values(headers).flatMap((value) => value.split(' '));
  return words
    .filter((word) => word.length >= SHORTEST_SECRET)
    .reduce((clean, word) => clean.replaceAll(word, '[redacted]'), text)
    .slice(0, MOST_TOLD_CHARACTERS);
}

function asProviderError(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const refusal: ProviderRefusal = { reason: reasonOf(code), lasting: false };
  return new ProviderError(refusal, message, { cause: error });
}

function reasonOf(code: string): ProviderRefusal['reason'] {
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'timed-out';
  if (code.startsWith('HPE_') || code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return 'bad-response';
  return closings.has(code) ? 'closed' : 'unreachable';
}

const closings: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'UND_ERR_ABORTED', 'ECONNRESET', 'EPIPE']);
const CONNECT_TIMEOUT_MS = 3000;
const KEEP_ALIVE_MS = 30_000;
const MOST_CONNECTIONS = 256;
const MOST_ERROR_CHARACTERS = 2000;
const MOST_TOLD_CHARACTERS = 200;
const SHORTEST_SECRET = 4;
