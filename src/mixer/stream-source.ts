import type { Source } from './source.ts';

/** Sound that comes piece by piece while it is heard. Where a piece is late there is silence until it comes. */
export class StreamSource implements Source {
  samples: Int16Array = NO_SAMPLES;
  offset = 0;
  #first: Piece | undefined;
  #last: Piece | undefined;
  #complete = false;

  /** Keeps the array. */
  append(samples: Int16Array): void {
    if (samples.length === 0 || this.#complete) return;
    const piece: Piece = { samples, next: undefined };
    if (this.#last === undefined) this.#first = piece;
    else this.#last.next = piece;
    this.#last = piece;
  }

  /** No more pieces will come. */
  complete(): void {
    this.#complete = true;
  }

  get ended(): boolean {
    return this.#complete && this.#first === undefined;
  }

  ready(): number {
    if (this.#first === undefined) return 0;
    this.samples = this.#first.samples;
    return this.samples.length - this.offset;
  }

  advance(count: number): void {
    this.offset += count;
    if (this.offset < this.samples.length) return;
    this.offset = 0;
    this.samples = NO_SAMPLES;
    this.#first = this.#first?.next;
    if (this.#first === undefined) this.#last = undefined;
  }
}

/** A link of a chain, so that to go on is no more than a step. */
interface Piece {
  readonly samples: Int16Array;
  next: Piece | undefined;
}

const NO_SAMPLES: Int16Array = new Int16Array(0);
