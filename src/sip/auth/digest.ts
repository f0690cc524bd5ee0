/** The arithmetic of Digest (RFC 7616 section 3.4, with the algorithms RFC 8760 gives SIP). */
import { createHash, timingSafeEqual } from 'node:crypto';

export type DigestAlgorithm = (typeof digestAlgorithms)[number];

/** Strongest first: the order they are offered in, and chosen by. */
export const digestAlgorithms = ['SHA-512-256', 'SHA-256', 'MD5'] as const;

export interface DigestInput {
  readonly algorithm: DigestAlgorithm;
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly method: string;
  /** As `uri` says it, which is not always the Request-URI. */
  readonly uri: string;
  readonly nonce: string;
  /** Undefined: the peer knows no quality of protection, as before RFC 2617. */
  readonly protection: { readonly cnonce: string; readonly nonceCount: string } | undefined;
}

/** The `response` of an Authorization, for `qop=auth`. */
export function digestResponse(input: DigestInput): string {
  const { algorithm, username, realm, password, method, uri, nonce, protection } = input;
  const secret = hash(algorithm, `${username}:${realm}:${password}`);
  const request = hash(algorithm, `${method}:${uri}`);
  if (protection === undefined) return hash(algorithm, `${secret}:${nonce}:${request}`);
  const { cnonce, nonceCount } = protection;
  return hash(algorithm, `${secret}:${nonce}:${nonceCount}:${cnonce}:auth:${request}`);
}

/** Compares in a time that does not tell how much of `given` is right. */
export function isSameDigest(given: string, expected: string): boolean {
  const a = Buffer.from(given.toLowerCase(), 'latin1');
  const b = Buffer.from(expected, 'latin1');
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Absent means MD5; undefined: one we do not know. */
export function parseAlgorithm(name: string | undefined): DigestAlgorithm | undefined {
  const wanted = (name ?? 'MD5').toUpperCase();
  return digestAlgorithms.find((algorithm) => algorithm === wanted);
}

function hash(algorithm: DigestAlgorithm, text: string): string {
  return createHash(hashNames[algorithm]).update(text, 'utf8').digest('hex');
}

const hashNames: Readonly<Record<DigestAlgorithm, string>> = {
  'SHA-512-256': 'sha512-256',
  'SHA-256': 'sha256',
  MD5: 'md5',
};
