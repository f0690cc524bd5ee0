import type { Line } from './line-protocol.ts';

/** Puts up with some messages that make no sense, and not with a backend that sends nothing else. */
export class Nonsense {
  readonly #line: Line;
  #count = 0;

  constructor(line: Line) {
    this.#line = line;
  }

  add(what: string): void {
    this.#count += 1;
    if (this.#count === 1) this.#line.tell({ kind: 'warning', text: what });
    if (this.#count > MOST) this.#line.end('protocol-error');
  }
}

const MOST = 20;
