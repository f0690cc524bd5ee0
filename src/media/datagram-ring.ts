/**
 * Datagrams on their way out: each stays as it is until as many others have followed, since sockets may take their
 * time to the end of a turn.
 */
export class DatagramRing {
  readonly #octets: Uint8Array[] = Array.from({ length: DATAGRAMS }, () => new Uint8Array(MAX_OCTETS));
  readonly #views: Uint8Array[] = [...this.#octets];
  #current = 0;

  /** Moves on to the next: where it is to be written, with room for `MAX_OCTETS`. */
  next(): Uint8Array {
    this.#current = (this.#current + 1) % DATAGRAMS;
    return this.#octets[this.#current]!;
  }

  /** The first `length` octets of what was written last. */
  take(length: number): Uint8Array {
    const view = this.#views[this.#current]!;
    if (view.length === length) return view;
    const other = this.#octets[this.#current]!.subarray(0, length);
    this.#views[this.#current] = other;
    return other;
  }
}

/** Room for 120 ms of audio, the longest packet there may be, and its header. */
export const MAX_OCTETS = 1024;
const DATAGRAMS = 8;
