/**
 * Which packets of one source have been heard, by index: the highest, and of those below it the last few.
 * @see RFC 3711 section 3.3.2
 */
export class ReplayWindow {
  /** -1: none yet. */
  highest = -1;
  /** Each slot holds the latest index that falls to it: indices have 48 bits, more than an integer array takes. */
  readonly #heard: Float64Array = new Float64Array(WINDOW_PACKETS).fill(-1);

  /** Heard before, or so old that nobody can tell. */
  hasHeard(index: number): boolean {
    if (index > this.highest) return false;
    return index <= this.highest - WINDOW_PACKETS || this.#heard[index % WINDOW_PACKETS] === index;
  }

  /** For packets that have proved authentic, and for them alone. */
  accept(index: number): void {
    this.#heard[index % WINDOW_PACKETS] = index;
    if (index > this.highest) this.highest = index;
  }
}

/** "A window size of at least 64" is asked for; the jitter buffer takes packets up to 100 late. */
const WINDOW_PACKETS = 128;
