/** Keeps a label from growing without end: after so many values, new ones count as `other`. */
export class BoundedLabels {
  readonly #known: Set<string> = new Set();

  /** Counts by label, those beyond the limit added up. */
  sum(counts: Iterable<readonly [string, number]>): Map<string, number> {
    const sums = new Map<string, number>();
    for (const [label, count] of counts) {
      const bounded = this.#admit(label) ? label : 'other';
      sums.set(bounded, (sums.get(bounded) ?? 0) + count);
    }
    return sums;
  }

  #admit(label: string): boolean {
    if (this.#known.has(label)) return true;
    if (this.#known.size >= MAX_VALUES) return false;
    this.#known.add(label);
    return true;
  }
}

/** Reasons are literals of ours, fewer than a hundred; whatever goes wrong, the series stay few. */
const MAX_VALUES = 100;
