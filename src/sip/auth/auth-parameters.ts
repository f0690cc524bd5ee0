/** `Digest name=value, …`: WWW-Authenticate, Proxy-Authenticate and both Authorization headers (RFC 7616 section 3). */
import { COMMA, endOfQuoted, isToken, QUOTE, unquote } from '../message/grammar.ts';

export interface AuthParameters {
  /** In lower case. */
  readonly scheme: string;
  /** By name in lower case, quotes taken off. */
  readonly values: ReadonlyMap<string, string>;
}

/** Undefined: malformed. A name that stands twice is, too: each end could read another of the two. */
export function parseAuthParameters(header: string): AuthParameters | undefined {
  const text = header.trim();
  const space = text.search(/[ \t]/);
  const scheme = space === -1 ? text : text.slice(0, space);
  if (!isToken(scheme)) return undefined;
  const values = new Map<string, string>();
  let at = space === -1 ? text.length : space + 1;
  while (at < text.length) {
    const end = endOfParameter(text, at);
    const parameter = text.slice(at, end).trim();
    at = end + 1;
    if (parameter === '') continue;
    const equals = parameter.indexOf('=');
    const name = parameter.slice(0, Math.max(0, equals)).trimEnd().toLowerCase();
    const value = parameter.slice(equals + 1).trimStart();
    const isWhole = value.charCodeAt(0) !== QUOTE || endOfQuoted(value, 0) === value.length;
    if (!isToken(name) || !isWhole || values.has(name)) return undefined;
    values.set(name, unquote(value));
  }
  return { scheme: scheme.toLowerCase(), values };
}

/** A Digest header's value; what needs quotes has them already. */
export function serializeDigest(parameters: Readonly<Record<string, string | undefined>>): string {
  const written = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return `Digest ${written.map(([name, value]) => `${name}=${value}`).join(', ')}`;
}

/** The comma behind the parameter, or the end; in a quoted string a comma is none. */
function endOfParameter(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA) return at;
    if (code !== QUOTE) continue;
    const end = endOfQuoted(text, at);
    if (end === -1) return text.length;
    at = end - 1;
  }
  return text.length;
}
