import { headerValues } from '../message/headers.ts';
import type { SipResponse } from '../message/message.ts';
import { parseAuthParameters } from './auth-parameters.ts';
import { type DigestAlgorithm, digestAlgorithms, parseAlgorithm } from './digest.ts';

/** Who asks: the user agent at the far end (401), or a proxy before it (407). */
type Challenger = 'server' | 'proxy';

export interface Challenge {
  readonly challenger: Challenger;
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  /** The credentials were right and only the nonce too old. */
  readonly stale: boolean;
  /** False: from before RFC 2617, without `qop`. */
  readonly protects: boolean;
}

/**
 * The challenge of a 401 or 407 to answer: of several the strongest we know, of equal ones the first. Undefined: there
 * is none that we can answer.
 *
 * @see RFC 8760 section 2.4
 */
export function strongestChallenge({ headers, statusCode }: SipResponse): Challenge | undefined {
  const challenger = statusCode === 407 ? 'proxy' : 'server';
  const name = challenger === 'proxy' ? 'Proxy-Authenticate' : 'WWW-Authenticate';
  const challenges = headerValues({ headers }, name).flatMap(
    (value) => parseChallenge(value, challenger) ?? [],
  );
  const [strongest] = challenges.sort((a, b) => strength(a) - strength(b));
  return strongest;
}

function parseChallenge(value: string, challenger: Challenger): Challenge | undefined {
  const parsed = parseAuthParameters(value);
  if (parsed?.scheme !== 'digest') return undefined;
  const { values } = parsed;
  const [realm, nonce] = [values.get('realm'), values.get('nonce')];
  const algorithm = parseAlgorithm(values.get('algorithm'));
  const qop = values.get('qop');
  const protections = qop?.split(',').map((option) => option.trim().toLowerCase());
  if (realm === undefined || nonce === undefined || algorithm === undefined) return undefined;
  if (protections !== undefined && !protections.includes('auth')) return undefined;
  return {
    challenger,
    realm,
    nonce,
    opaque: values.get('opaque'),
    algorithm,
    stale: values.get('stale')?.toLowerCase() === 'true',
    protects: protections !== undefined,
  };
}

function strength({ algorithm }: Challenge): number {
  return digestAlgorithms.indexOf(algorithm);
}
