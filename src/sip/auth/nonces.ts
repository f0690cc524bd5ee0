import { createHmac } from 'node:crypto';
import { isSameDigest } from './digest.ts';

export interface NoncesOptions {
  /** Random, and of this process alone. */
  readonly secret: string;
  readonly lifetimeMs?: number;
  /** Nonces in use that are remembered; of more, the oldest are stale at once. */
  readonly maxInUse?: number;
}

/**
 * - `good`: used for the first time with this count
 * - `stale`: ours, but too old, used before with this count, or made for another address
 * - `forged`: not ours
 */
export type NonceVerdict = 'good' | 'stale' | 'forged';

interface Use {
  readonly issuedMs: number;
  highest: number;
  /** Bit n: the count `highest - n` was used. */
  seen: number;
}

/**
 * Nonces that nothing is remembered of until somebody proves with one to know a password: a flood of requests costs no
 * memory. The time of issue is in the nonce, under a code that also covers the address it was made for.
 *
 * @see RFC 7616 section 5.4
 */
export class Nonces {
  readonly #secret: string;
  readonly #lifetimeMs: number;
  readonly #maxInUse: number;
  /** Those that proved something, in the order of their first use. */
  readonly #inUse: Map<string, Use> = new Map();
  #serial = 0;
  /** Nonces as old as one that had to be forgotten could have been used: they are stale. */
  #forgottenMs = Number.NEGATIVE_INFINITY;

  constructor({ secret, lifetimeMs = 300_000, maxInUse = 16_384 }: NoncesOptions) {
    this.#secret = secret;
    this.#lifetimeMs = lifetimeMs;
    this.#maxInUse = maxInUse;
  }

  get inUse(): number {
    return this.#inUse.size;
  }

  issue(address: string, nowMs: number): string {
    this.#serial += 1;
    const head = `${Math.floor(nowMs).toString(36)}.${this.#serial.toString(36)}`;
    return `${head}.${this.#codeFor(head, address)}`;
  }

  /** Whether a nonce is ours and may still be used; tells nothing about the count. */
  judge(nonce: string, address: string, nowMs: number): NonceVerdict {
    const parts = /^([0-9a-z]{1,12})\.([0-9a-z]{1,12})\.([0-9a-f]{32})$/.exec(nonce);
    if (parts === null) return 'forged';
    const issuedMs = issuedAt(nonce);
    if (!isSameDigest(parts[3]!, this.#codeFor(`${parts[1]}.${parts[2]}`, address))) return 'forged';
    const isKept = this.#inUse.has(nonce) || issuedMs > this.#forgottenMs;
    return nowMs - issuedMs < this.#lifetimeMs && isKept ? 'good' : 'stale';
  }

  /** Notes that a nonce judged good was used with a count to prove a password. False: it had been used with it before. */
  use(nonce: string, count: number, nowMs: number): boolean {
    const use = this.#inUse.get(nonce);
    if (use === undefined) {
      this.#makeRoom(nowMs);
      this.#inUse.set(nonce, { issuedMs: issuedAt(nonce), highest: count, seen: 1 });
      return true;
    }
    const ahead = count - use.highest;
    if (ahead > 0) {
      use.seen = ahead >= WINDOW ? 1 : ((use.seen << ahead) | 1) >>> 0;
      use.highest = count;
      return true;
    }
    const bit = -ahead >= WINDOW ? 0 : (1 << -ahead) >>> 0;
    if (bit === 0 || (use.seen & bit) !== 0) return false;
    use.seen = (use.seen | bit) >>> 0;
    return true;
  }

  #makeRoom(nowMs: number): void {
    for (const [nonce, { issuedMs }] of this.#inUse) {
      const isOver = nowMs - issuedMs >= this.#lifetimeMs;
      if (!isOver && this.#inUse.size < this.#maxInUse) return;
      this.#inUse.delete(nonce);
      this.#forgottenMs = Math.max(this.#forgottenMs, issuedMs);
    }
  }

  #codeFor(head: string, address: string): string {
    return createHmac('sha256', this.#secret).update(`${head} ${address}`).digest('hex').slice(0, 32);
  }
}

/** What stands before the first full stop. */
function issuedAt(nonce: string): number {
  return Number.parseInt(nonce, 36);
}

/** Counts that may overtake each other on the way. */
const WINDOW = 32;
