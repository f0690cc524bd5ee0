/**
 * `a=crypto` (RFC 4568): how one side of a stream protects what it sends. Read is what we can take part in; a line
 * that asks for anything else is as good as not there, as section 5.1.2 has it for those of an offer.
 */
import type { MediaDescription } from './description.ts';
import type { SrtpSuite } from './negotiated.ts';

export interface CryptoAttribute {
  /** Names it: an answer repeats the one it has chosen. */
  readonly tag: string;
  readonly suite: SrtpSuite;
  /** Master key and salt in base64. Never to be logged. */
  readonly key: string;
  /** Octets of the master key identifier in each packet; 0: there is none. */
  readonly mkiOctets: number;
}

/** In their order, which is the describing side's preference. */
export function cryptoAttributesOf(media: MediaDescription): CryptoAttribute[] {
  return media.attributes.flatMap(({ name, value }) =>
    name === 'crypto' ? (parseCryptoAttribute(value ?? '') ?? []) : [],
  );
}

/** Whether the describing side protects what it sends, in a way we know or another. */
export function hasCryptoAttribute(media: MediaDescription): boolean {
  return media.attributes.some(({ name }) => name === 'crypto');
}

export function serializeCryptoAttribute({ tag, suite, key }: Omit<CryptoAttribute, 'mkiOctets'>): string {
  return `a=crypto:${tag} ${suite} inline:${key}`;
}

/** `<tag> <crypto-suite> <key-params> [<session-params>]` (section 9.1). */
function parseCryptoAttribute(value: string): CryptoAttribute | undefined {
  const [tag = '', suiteName = '', keyParameters = '', ...sessionParameters] = value.trim().split(/\s+/);
  const suite = SUITES.find((known) => known === suiteName.toUpperCase());
  const key = parseKeyParameters(keyParameters);
  if (!/^\d{1,9}$/.test(tag) || suite === undefined || key === undefined) return undefined;
  return sessionParameters.every(isHarmless) ? { tag, suite, ...key } : undefined;
}

/**
 * `inline:<key and salt>[|<lifetime>][|<MKI>:<length>]` (section 6.1). Several keys, which identifiers tell apart, are
 * not taken. How long a key serves is for its owner to keep: what is within the range we are not to act upon.
 */
function parseKeyParameters(text: string): Pick<CryptoAttribute, 'key' | 'mkiOctets'> | undefined {
  const match = /^inline:([A-Za-z0-9+/]{40})(?:\|(2\^\d{1,2}|\d{1,15}))?(?:\|\d{1,9}:(\d{1,3}))?$/i.exec(
    text,
  );
  if (match === null) return undefined;
  const [, key = '', lifetime, mkiLength = '0'] = match;
  const mkiOctets = Number(mkiLength);
  const isKnownLength = match[3] === undefined || (mkiOctets >= 1 && mkiOctets <= MAX_MKI_OCTETS);
  return isKnownLength && isLifetime(lifetime) ? { key, mkiOctets } : undefined;
}

function isLifetime(text: string | undefined): boolean {
  if (text === undefined) return true;
  const packets = text.startsWith('2^') ? 2 ** Number(text.slice(2)) : Number(text);
  return packets >= 1 && packets <= MAX_LIFETIME_PACKETS;
}

/**
 * Unknown parameters may be passed over when they begin with `-` (section 6.3.7). Of the known ones we take part in
 * one, a hint at the replay window; not in keys derived anew, nor in streams that are not encrypted or signed.
 */
function isHarmless(parameter: string): boolean {
  return parameter.startsWith('-') || /^WSH=\d{2,9}$/i.test(parameter);
}

/** Best first. Both have keys of 128 bits; of the second the tags of RTP have 32 bits. */
export const SUITES: readonly SrtpSuite[] = ['AES_CM_128_HMAC_SHA1_80', 'AES_CM_128_HMAC_SHA1_32'];

/** Section 6.1. */
const MAX_MKI_OCTETS = 128;
const MAX_LIFETIME_PACKETS = 2 ** 48;
