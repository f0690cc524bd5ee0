/** Addresses that try tokens: each may be wrong ten times at once, and then once in six seconds. */
export class FailedAttempts {
  /** The latest last. */
  readonly #byAddress: Map<string, { level: number; atMs: number }> = new Map();

  /** How long this address is to wait; 0: it need not. */
  waitMs(address: string, nowMs: number): number {
    const level = this.#levelOf(address, nowMs);
    return level > MOST_AT_ONCE - 1 ? (level - (MOST_AT_ONCE - 1)) * FORGOTTEN_IN_MS : 0;
  }

  note(address: string, nowMs: number): void {
    const level = this.#levelOf(address, nowMs) + 1;
    this.#byAddress.delete(address);
    this.#byAddress.set(address, { level, atMs: nowMs });
    if (this.#byAddress.size <= MOST_ADDRESSES) return;
    for (const oldest of this.#byAddress.keys()) {
      this.#byAddress.delete(oldest);
      return;
    }
  }

  #levelOf(address: string, nowMs: number): number {
    const entry = this.#byAddress.get(address);
    return entry === undefined ? 0 : Math.max(0, entry.level - (nowMs - entry.atMs) / FORGOTTEN_IN_MS);
  }
}

/** Ours: who mistypes, or was not told of a new token, gets this far; a list of words does not. */
const MOST_AT_ONCE = 10;
const FORGOTTEN_IN_MS = 6_000;
const MOST_ADDRESSES = 16_384;
