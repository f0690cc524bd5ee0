/** What every provider's WebSocket messages have in common. */
import type { z } from 'zod';
import type { WireMessage } from './streaming-protocol.ts';

/** The message as the schema has it; undefined for octets, for text that is no JSON, and for JSON of another shape. */
export function parseJson<Shape>(message: WireMessage, schema: z.ZodType<Shape>): Shape | undefined {
  if (typeof message !== 'string') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(message);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/** The provider's `https` address as `wss`, `http` as `ws`, with `path` behind what path it has. */
export function webSocketUrl(baseUrl: string, path: string): URL {
  const url = new URL(baseUrl);
  url.protocol = url.protocol.replace('http', 'ws');
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url;
}

/** Adds the words that keep within the provider's limits: more would be refused with everything else. */
export function appendWords(
  url: URL,
  parameter: string,
  words: readonly string[],
  limits: { readonly most: number; readonly longest: number; readonly total: number },
): void {
  let left = limits.total;
  for (const word of words.filter(({ length }) => length <= limits.longest).slice(0, limits.most)) {
    left -= word.length;
    if (left < 0) return;
    url.searchParams.append(parameter, word);
  }
}
