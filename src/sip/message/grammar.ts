/** The pieces of RFC 3261 section 25.1 that every header is made of. */

/** Comma-separated values, commas inside quotes or angle brackets left alone; empty elements are dropped. */
export function splitList(value: string): string[] {
  if (!value.includes(',')) {
    const only = value.trim();
    return only === '' ? [] : [only];
  }
  const elements: string[] = [];
  let start = 0;
  while (start <= value.length) {
    const comma = indexOutside(value, COMMA, start);
    const end = comma === -1 ? value.length : comma;
    const element = value.slice(start, end).trim();
    if (element !== '') elements.push(element);
    start = end + 1;
  }
  return elements;
}

/** Where `wanted` (a character code) next stands outside quotes and angle brackets, or -1. */
export function indexOutside(text: string, wanted: number, from: number): number {
  let quoted = false;
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) quoted = false;
    } else if (code === wanted && depth === 0) return at;
    else if (code === QUOTE) quoted = true;
    else if (code === LESS_THAN) depth++;
    else if (code === GREATER_THAN && depth > 0) depth--;
  }
  return -1;
}

/** The index just behind the closing quote of the quoted string that opens at `start`, or -1 when it never closes. */
export function endOfQuoted(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return -1;
}

/** What a quoted string says; text without quotes is returned as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || text.charCodeAt(0) !== QUOTE || text.charCodeAt(text.length - 1) !== QUOTE)
    return text;
  const inner = text.slice(1, -1);
  return inner.includes('\\') ? inner.replace(/\\([\s\S])/g, '$1') : inner;
}

/** A quoted string that says `text`; line breaks, which no quoted string can hold, become spaces. */
export function quote(text: string): string {
  return `"${text.replace(/[\r\n]+/g, ' ').replace(/["\\]/g, '\\$&')}"`;
}

export function isToken(text: string): boolean {
  if (text === '') return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 128 || tokenCharacters[code] === 0) return false;
  }
  return true;
}

/** A decimal of digits alone, at most `max` (itself at most 2^53 - 1); undefined for anything else. */
export function parseDecimal(text: string, max: number): number | undefined {
  if (text === '') return undefined;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
    if (value > max) return undefined;
  }
  return value;
}

/** `delta-seconds` (RFC 3261 section 25.1). More than 32 bits hold means "for ever": the largest value is given. */
export function parseDeltaSeconds(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  return parseDecimal(text, MAX_DELTA_SECONDS) ?? MAX_DELTA_SECONDS;
}

export function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const LESS_THAN = 0x3c;
export const EQUALS = 0x3d;
const GREATER_THAN = 0x3e;
const ZERO = 0x30;
const BACKSLASH = 0x5c;

/** RFC 3261 section 20.19 bounds Expires, and with it every delta-seconds, by 2^32 - 1. */
const MAX_DELTA_SECONDS = 0xffff_ffff;

const tokenCharacters: Uint8Array = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") {
  tokenCharacters[character.charCodeAt(0)] = 1;
}
