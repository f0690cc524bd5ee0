/** Audio inside JSON: base64 (RFC 4648 section 4). */
import { Buffer } from 'node:buffer';

/** Copies nothing but the characters. */
export function base64Of(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('base64');
}

/** What is no base64 is left out: undefined when nothing remains. */
export function octetsOf(base64: string | undefined): Uint8Array | undefined {
  if (base64 === undefined) return undefined;
  const octets = Buffer.from(base64, 'base64');
  return octets.length === 0 ? undefined : octets;
}
