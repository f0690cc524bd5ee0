import { quote } from '../message/grammar.ts';
import { headerValues } from '../message/headers.ts';
import type { HeaderField, SipRequest } from '../message/message.ts';
import { parseUri, type Uri } from '../message/uri.ts';
import { isSameUri } from '../message/uri-comparison.ts';
import { type AuthParameters, parseAuthParameters, serializeDigest } from './auth-parameters.ts';
import {
  type DigestAlgorithm,
  digestAlgorithms,
  digestResponse,
  isSameDigest,
  parseAlgorithm,
} from './digest.ts';
import { Nonces } from './nonces.ts';

export interface DigestServerOptions {
  readonly realm: string;
  /** Random, and of this process alone. */
  readonly secret: string;
  /** What is offered, and all that is taken. */
  readonly algorithms?: readonly DigestAlgorithm[] | undefined;
  readonly nonceLifetimeMs?: number;
  readonly maxNoncesInUse?: number;
}

export type DigestVerdict =
  | { readonly kind: 'proven'; readonly username: string }
  /** Nothing for this realm and request; or a proof that was right once: ask again. */
  | { readonly kind: 'absent' | 'stale' }
  /** Made with a nonce we gave to this very address, and wrong: somebody is guessing. */
  | { readonly kind: 'wrong' };

/**
 * Asks peers for proof of a password and checks it. Whether a name is known shows neither in the answer nor in the time
 * it takes.
 *
 * @see RFC 7616 sections 3.3 and 3.4, RFC 8760
 */
export class DigestServer {
  readonly #realm: string;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #nonces: Nonces;

  constructor({ realm, secret, algorithms, nonceLifetimeMs, maxNoncesInUse }: DigestServerOptions) {
    this.#realm = realm;
    this.#algorithms = algorithms ?? digestAlgorithms;
    this.#nonces = new Nonces({
      secret,
      ...(nonceLifetimeMs === undefined ? {} : { lifetimeMs: nonceLifetimeMs }),
      ...(maxNoncesInUse === undefined ? {} : { maxInUse: maxNoncesInUse }),
    });
  }

  /** One for each algorithm, strongest first: a client takes "the topmost" it supports (RFC 8760 section 2.3). */
  challenges(address: string, isStale: boolean, nowMs: number): HeaderField[] {
    const nonce = this.#nonces.issue(address, nowMs);
    return digestAlgorithms
      .filter((algorithm) => this.#algorithms.includes(algorithm))
      .map((algorithm) => ({
        name: 'WWW-Authenticate',
        value: serializeDigest({
          realm: quote(this.#realm),
          nonce: quote(nonce),
          algorithm,
          qop: '"auth"',
          stale: isStale ? 'true' : undefined,
        }),
      }));
  }

  verify(
    request: SipRequest,
    address: string,
    passwordOf: (username: string) => string | undefined,
    nowMs: number,
  ): DigestVerdict {
    const proof = this.#proofIn(request);
    if (proof === undefined) return { kind: 'absent' };
    const freshness = this.#nonces.judge(proof.nonce, address, nowMs);
    if (freshness === 'forged') return { kind: 'absent' };
    const password = passwordOf(proof.username);
    const expected = digestResponse({
      ...proof,
      realm: this.#realm,
      password: password ?? '',
      method: request.method,
      protection: proof,
    });
    const isRight = isSameDigest(proof.response, expected) && password !== undefined;
    if (!isRight) return { kind: 'wrong' };
    if (!isForThis(request, proof.uri)) return { kind: 'absent' };
    if (freshness === 'stale' || !this.#nonces.use(proof.nonce, proof.count, nowMs)) return { kind: 'stale' };
    return { kind: 'proven', username: proof.username };
  }

  #proofIn(request: SipRequest): Proof | undefined {
    const proofs = headerValues(request, 'Authorization')
      .flatMap((value) => parseAuthParameters(value) ?? [])
      .filter(({ scheme, values }) => scheme === 'digest' && values.get('realm') === this.#realm);
    // Two for one realm: which of them was meant to count?
    return proofs.length === 1 ? readProof(proofs[0]!, this.#algorithms) : undefined;
  }
}

interface Proof {
  readonly username: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly cnonce: string;
  readonly nonceCount: string;
  readonly count: number;
}

function readProof({ values }: AuthParameters, taken: readonly DigestAlgorithm[]): Proof | undefined {
  const [username, nonce, uri] = [values.get('username'), values.get('nonce'), values.get('uri')];
  const [response, cnonce, nonceCount] = [values.get('response'), values.get('cnonce'), values.get('nc')];
  const algorithm = parseAlgorithm(values.get('algorithm'));
  if (username === undefined || nonce === undefined || uri === undefined || response === undefined)
    return undefined;
  if (algorithm === undefined || !taken.includes(algorithm)) return undefined;
  // Without a count a proof could be used again by whoever sees it: we offer `auth`, and take nothing less.
  if (values.get('qop')?.toLowerCase() !== 'auth' || cnonce === undefined || nonceCount === undefined)
    return undefined;
  const count = /^[0-9a-f]{8}$/i.test(nonceCount) ? Number.parseInt(nonceCount, 16) : 0;
  if (count === 0) return undefined;
  return { username, nonce, uri, response, algorithm, cnonce, nonceCount, count };
}

/** A proxy on the way may have written another host into the Request-URI; the number may not differ. */
function isForThis(request: SipRequest, provenUri: string): boolean {
  if (request.requestUri === provenUri) return true;
  const [asked, proven] = [parseUri(request.requestUri), parseUri(provenUri)];
  if (asked === undefined || proven === undefined) return false;
  return isSameUri(asked, proven) || (asked.kind === proven.kind && userOf(asked) === userOf(proven));
}

function userOf(uri: Uri): string | undefined {
  if (uri.kind === 'sip') return uri.user;
  return uri.kind === 'tel' ? uri.number : uri.opaque;
}
