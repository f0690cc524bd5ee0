/** HTTP/1.1 over kept-alive connections, for hooks: one request, one answer of limited length. */
import { Agent } from 'undici';
import type { TlsSettings } from '../../ai-flow/tls.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

export type HttpResponse =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'failed'; readonly reason: 'unreachable' | 'bad-response'; readonly detail: string };

/** Never rejects. */
export type HttpExchange = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpClient {
  readonly exchange: HttpExchange;
  close(): Promise<void>;
}

export function createHttpClient(options: { connectTimeoutMs: number; tls: TlsSettings }): HttpClient {
  const { connectTimeoutMs, tls } = options;
  const connections = new Agent({
    connections: MOST_CONNECTIONS,
    connect: { ...tls, timeout: connectTimeoutMs },
    // Who asks measures the whole exchange.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function exchange({ url, method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    try {
      const response = await connections.request({
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method,
        headers: { ...headers },
        signal,
        ...(body !== undefined && { body }),
      });
      const chunks: Buffer[] = [];
      let octets = 0;
      for await (const chunk of response.body) {
        octets += chunk.length;
        if (octets > MOST_OCTETS)
          return { kind: 'failed', reason: 'bad-response', detail: `longer than ${MOST_OCTETS} octets` };
        chunks.push(chunk);
      }
      return { kind: 'answered', status: response.statusCode, body: Buffer.concat(chunks).toString() };
    } catch (error) {
      return {
        kind: 'failed',
        reason: 'unreachable',
        detail: error instanceof Error ? error.message : String(error),
      };
    }
  }

  return { exchange, close: () => connections.destroy() };
}

const MOST_CONNECTIONS = 512;
const MOST_OCTETS = 1024 * 1024;
