/**
 * Addresses that try passwords. Only failures with a nonce that was sent to the very address are noted, so that nobody
 * can have somebody else locked out by writing his address into datagrams.
 */
export class FailedLogins {
  /** The latest last. */
  readonly #byAddress: Map<string, { failures: number; untilMs: number }> = new Map();

  isLockedOut(address: string, nowMs: number): boolean {
    const entry = this.#byAddress.get(address);
    return entry !== undefined && entry.failures >= MAX_FAILURES && nowMs < entry.untilMs;
  }

  note(address: string, nowMs: number): void {
    const entry = this.#byAddress.get(address);
    const failures = entry !== undefined && nowMs < entry.untilMs ? entry.failures + 1 : 1;
    this.#byAddress.delete(address);
    this.#byAddress.set(address, { failures, untilMs: nowMs + MEMORY_MS });
    if (this.#byAddress.size <= MAX_ADDRESSES) return;
    for (const oldest of this.#byAddress.keys()) {
      this.#byAddress.delete(oldest);
      return;
    }
  }

  forget(address: string): void {
    this.#byAddress.delete(address);
  }
}

/** Ours: a person who mistypes, or a phone with an old password, gets this far; a list of words does not. */
const MAX_FAILURES = 10;
const MEMORY_MS = 600_000;
const MAX_ADDRESSES = 16_384;
