import type { Flow } from '../flow.ts';
import { quote } from '../message/grammar.ts';
import type { HeaderField, SipResponse } from '../message/message.ts';
import { serializeDigest } from './auth-parameters.ts';
import { type Challenge, strongestChallenge } from './challenge.ts';
import { digestResponse } from './digest.ts';

interface Credentials {
  readonly username: string;
  readonly password: string;
  /** The one realm they are meant for; undefined: whichever the peer's own host names. */
  readonly realm?: string | undefined;
}

export interface DigestClientOptions {
  readonly credentials: Credentials;
  /** Whether an address is the peer's own: nobody else is shown what the password makes of a nonce. */
  readonly owns: (address: string) => boolean;
  /** Random, at least 64 bits. */
  readonly newCnonce: () => string;
}

/** Why a challenge is left unanswered. */
export type ChallengeRefusal = 'foreign-challenge' | 'unsupported-challenge';

/**
 * How we prove to one peer who we are. A challenge that was answered is kept, so that the requests after it carry their
 * proof at once.
 *
 * @see RFC 7616, RFC 8760, RFC 3261 section 22
 */
export class DigestClient {
  readonly #options: DigestClientOptions;
  readonly #known: Map<string, { challenge: Challenge; nonceCount: number }> = new Map();

  constructor(options: DigestClientOptions) {
    this.#options = options;
  }

  /** What a request over the flow carries: nothing where it goes to somebody else. */
  authorize(method: string, uri: string, flow: Flow): HeaderField[] {
    if (!this.#options.owns(flow.remoteAddress)) return [];
    return [...this.#known.values()].map((known) => {
      known.nonceCount += 1;
      return this.#authorization(known.challenge, known.nonceCount, method, uri);
    });
  }

  /** Takes the challenge of a response; then `authorize` answers it. */
  accept(response: SipResponse, sentOver: Flow, source: Flow): Challenge | ChallengeRefusal {
    const { credentials, owns } = this.#options;
    const challenge = strongestChallenge(response);
    if (challenge === undefined) return 'unsupported-challenge';
    const isOwn = owns(sentOver.remoteAddress) && owns(source.remoteAddress);
    if (!isOwn || (credentials.realm ?? challenge.realm) !== challenge.realm) return 'foreign-challenge';
    this.forget(challenge);
    if (this.#known.size >= MAX_REALMS) this.#known.clear();
    this.#known.set(keyOf(challenge), { challenge, nonceCount: 0 });
    return challenge;
  }

  /** The peer did not believe the answer. */
  forget(challenge: Challenge): void {
    this.#known.delete(keyOf(challenge));
  }

  #authorization(challenge: Challenge, nonceCount: number, method: string, uri: string): HeaderField {
    const { username, password } = this.#options.credentials;
    const { algorithm, realm, nonce, opaque, protects, challenger } = challenge;
    const count = nonceCount.toString(16).padStart(8, '0');
    const protection = protects ? { cnonce: this.#options.newCnonce(), nonceCount: count } : undefined;
    const identity = { algorithm, username, realm, password };
    const value = serializeDigest({
      username: quote(username),
      realm: quote(realm),
      nonce: quote(nonce),
      uri: quote(uri),
      response: quote(digestResponse({ ...identity, method, uri, nonce, protection })),
      algorithm,
      ...(protection === undefined ? {} : { cnonce: quote(protection.cnonce), qop: 'auth', nc: count }),
      opaque: opaque === undefined ? undefined : quote(opaque),
    });
    return { name: challenger === 'proxy' ? 'Proxy-Authorization' : 'Authorization', value };
  }
}

function keyOf({ challenger, realm }: Challenge): string {
  return `${challenger} ${realm}`;
}

/** A user agent server and a few proxies on the way to it. */
const MAX_REALMS = 4;
