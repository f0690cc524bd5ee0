import { createHash, timingSafeEqual } from 'node:crypto';

export interface ApiToken {
  /** For the log. */
  readonly name: string;
  readonly token: string;
  /** Names of the flows it is for; undefined: all. */
  readonly flows?: readonly string[] | undefined;
}

/** Who may use the API. */
export class Tokens {
  readonly #known: readonly { readonly digest: Buffer; readonly token: ApiToken }[];

  constructor(tokens: readonly ApiToken[]) {
    this.#known = tokens.map((token) => ({ digest: digestOf(token.token), token }));
  }

  /** By an Authorization header (RFC 6750). Takes as long for a token that is nearly right, and for the last as for the first. */
  holderOf(authorization: string | undefined): ApiToken | undefined {
    const [, given = ''] = /^Bearer +([^\s]+) *$/i.exec(authorization ?? '') ?? [];
    const digest = digestOf(given);
    let holder: ApiToken | undefined;
    for (const known of this.#known) if (timingSafeEqual(known.digest, digest)) holder = known.token;
    return holder;
  }
}

/** Whether a token is for a flow; of others its holder learns nothing. */
export function mayUse({ flows }: ApiToken, flow: string): boolean {
  return flows === undefined || flows.includes(flow);
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
