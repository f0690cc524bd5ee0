/** Waits for one of some sequences of keys, as `dtmfCapture` names them. */
export class KeySequence {
  readonly #sequences: readonly string[];
  readonly #longest: number;
  #latest = '';

  constructor(sequences: readonly string[]) {
    this.#sequences = sequences.map((sequence) => sequence.toUpperCase());
    this.#longest = Math.max(0, ...sequences.map(({ length }) => length));
  }

  /** The sequence that this key completes; then it begins anew. */
  pressed(digit: string): string | undefined {
    if (this.#longest === 0) return undefined;
    this.#latest = `${this.#latest}${digit}`.slice(-this.#longest);
    const found = this.#sequences.find((sequence) => this.#latest.endsWith(sequence));
    if (found !== undefined) this.#latest = '';
    return found;
  }
}
