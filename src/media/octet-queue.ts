/** Octets in pieces as they came, read from the front. Positions count from the first octet ever put in. */
export class OctetQueue {
  readOctets = 0;
  writtenOctets = 0;
  readonly #pieces: (Uint8Array | undefined)[] = [];
  readonly #lengths: number[] = [];
  #first = 0;
  #offset = 0;

  get lengthOctets(): number {
    return this.writtenOctets - this.readOctets;
  }

  /** The piece at the front. There must be one, as in what follows. */
  get head(): Uint8Array {
    return this.#pieces[this.#first]!;
  }

  get headOffset(): number {
    return this.#offset;
  }

  get headOctets(): number {
    return this.#lengths[this.#first]! - this.#offset;
  }

  /** Keeps the first `length` octets: the piece itself, or a copy where that would keep much more in memory. */
  push(piece: Uint8Array, length: number): void {
    const keepsMuch = piece.buffer.byteLength > MOST_KEPT_SHARE * length;
    this.#pieces.push(keepsMuch ? Uint8Array.from(piece.subarray(0, length)) : piece);
    this.#lengths.push(length);
    this.writtenOctets += length;
  }

  /** Takes away so many; there must be as many. */
  drop(octets: number): void {
    this.readOctets += octets;
    for (let left = octets; left > 0; ) {
      const step = Math.min(left, this.headOctets);
      this.#offset += step;
      left -= step;
      if (this.headOctets === 0) this.#shift();
    }
  }

  /** Takes back what is not read: it was never put in. */
  clear(): void {
    this.writtenOctets = this.readOctets;
    this.#pieces.length = 0;
    this.#lengths.length = 0;
    this.#first = 0;
    this.#offset = 0;
  }

  #shift(): void {
    this.#pieces[this.#first] = undefined;
    this.#first += 1;
    this.#offset = 0;
    if (this.#first === this.#pieces.length) {
      this.#pieces.length = 0;
      this.#lengths.length = 0;
      this.#first = 0;
    } else if (this.#first >= GONE_KEPT) {
      this.#pieces.splice(0, this.#first);
      this.#lengths.splice(0, this.#first);
      this.#first = 0;
    }
  }
}

/** A short message is a view of all that the socket read with it, 64 KiB say: what of that is no audio is not ours to keep. */
const MOST_KEPT_SHARE = 4;
/** So many that were read may stay in the lists: moving up the rest for each would be quadratic. */
const GONE_KEPT = 512;
