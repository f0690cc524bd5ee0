import { invariant } from '../../invariant.ts';

/**
 * Items ordered by when they are due: a binary heap that knows where each item stands, so that moving or removing
 * one of thousands costs O(log n).
 */
export class DeadlineQueue<Item> {
  readonly #items: Item[] = [];
  readonly #deadlines: number[] = [];
  readonly #positions: Map<Item, number> = new Map();

  get size(): number {
    return this.#items.length;
  }

  /** When the first item is due. */
  get deadline(): number | undefined {
    return this.#deadlines[0];
  }

  /** Adds the item, moves it, or with no deadline takes it out. */
  set(item: Item, deadlineMs: number | undefined): void {
    const position = this.#positions.get(item);
    if (deadlineMs === undefined) {
      if (position !== undefined) this.#remove(position);
      return;
    }
    if (position === undefined) {
      this.#items.push(item);
      this.#deadlines.push(deadlineMs);
      this.#positions.set(item, this.#items.length - 1);
      this.#rise(this.#items.length - 1);
      return;
    }
    this.#deadlines[position] = deadlineMs;
    this.#settle(position);
  }

  /** Takes out the first item if it is due. */
  takeDue(nowMs: number): Item | undefined {
    const deadlineMs = this.#deadlines[0];
    if (deadlineMs === undefined || deadlineMs > nowMs) return undefined;
    const item = this.#items[0];
    this.#remove(0);
    return item;
  }

  #remove(position: number): void {
    const last = this.#items.length - 1;
    if (position !== last) this.#swap(position, last);
    const item = this.#items.pop();
    this.#deadlines.pop();
    invariant(item !== undefined, 'a position is within the heap');
    this.#positions.delete(item);
    if (position !== last) this.#settle(position);
  }

  #settle(position: number): void {
    this.#sink(this.#rise(position));
  }

  #rise(start: number): number {
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      if (this.#deadlines[parent]! <= this.#deadlines[position]!) break;
      this.#swap(position, parent);
      position = parent;
    }
    return position;
  }

  #sink(start: number): void {
    let position = start;
    for (;;) {
      const left = 2 * position + 1;
      if (left >= this.#items.length) return;
      const right = left + 1;
      const earlier =
        right < this.#items.length && this.#deadlines[right]! < this.#deadlines[left]! ? right : left;
      if (this.#deadlines[position]! <= this.#deadlines[earlier]!) return;
      this.#swap(position, earlier);
      position = earlier;
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!;
    const deadlineMs = this.#deadlines[a]!;
    this.#items[a] = this.#items[b]!;
    this.#deadlines[a] = this.#deadlines[b]!;
    this.#items[b] = item;
    this.#deadlines[b] = deadlineMs;
    this.#positions.set(this.#items[a]!, a);
    this.#positions.set(item, b);
  }
}
