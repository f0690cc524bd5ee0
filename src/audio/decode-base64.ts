import { Buffer } from 'node:buffer';
import { failure, type Result, success } from '../result.ts';

export type Base64Refusal = 'base64-invalid' | 'sound-too-large';

/**
 * Decodes base64 as agents send it: with or without padding, with line breaks, in the URL-safe alphabet, or as
 * a data URI. What would decode to more than `mostOctets` is refused before memory is taken for it.
 * @see RFC 4648 sections 4 and 5, RFC 2397
 */
export function decodeBase64(text: string, mostOctets: number): Result<Uint8Array, Base64Refusal> {
  // Twice the octets leaves room for the third that base64 adds, for line breaks and for a prefix.
  if (text.length > mostOctets * 2 + LONGEST_PREFIX) return failure('sound-too-large');
  const start = dataStart(text);
  if (start === undefined) return failure('base64-invalid');
  let end = text.length;
  while (end > start && PADDING.includes(text[end - 1]!)) end--;
  const body = text.slice(start, end);
  if (FOREIGN_CHARACTER.test(body)) return failure('base64-invalid');
  const octets = Buffer.from(body, 'base64');
  return octets.length > mostOctets ? failure('sound-too-large') : success(octets);
}

/** Behind `data:audio/wav;base64,`, or at the beginning; undefined for a data URI that is not base64. */
function dataStart(text: string): number | undefined {
  const head = text.slice(0, LONGEST_PREFIX).trimStart();
  if (!/^data:/i.test(head)) return 0;
  const comma = head.indexOf(',');
  if (comma < 0 || !/;\s*base64\s*$/i.test(head.slice(0, comma))) return undefined;
  return text.indexOf(',') + 1;
}

const LONGEST_PREFIX = 1000;
const PADDING = '= \t\r\n';
const FOREIGN_CHARACTER = /[^A-Za-z0-9+/_\-\s]/;
