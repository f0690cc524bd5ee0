/** What became of a place in an agent's speech that it wanted to be told of. */
export interface Mark {
  readonly name: string;
  readonly outcome: 'played' | 'cleared';
}

/** The marks that an agent put behind pieces of its speech. */
export class SpeechMarks {
  readonly #waiting: { readonly name: string; readonly atOctets: number }[] = [];
  readonly #cleared: string[] = [];

  add(name: string, atOctets: number): void {
    this.#waiting.push({ name, atOctets });
  }

  /** What was said up to here was heard; the rest is taken back, with its marks. */
  clear(heardOctets: number): void {
    const reached = this.#waiting.findIndex(({ atOctets }) => atOctets > heardOctets);
    if (reached < 0) return;
    for (const { name } of this.#waiting.splice(reached)) this.#cleared.push(name);
  }

  take(heardOctets: number): Mark | undefined {
    if (this.#waiting.length > 0 && this.#waiting[0]!.atOctets <= heardOctets) {
      return { name: this.#waiting.shift()!.name, outcome: 'played' };
    }
    if (this.#cleared.length === 0) return undefined;
    return { name: this.#cleared.shift()!, outcome: 'cleared' };
  }
}
