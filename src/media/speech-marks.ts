/** What became of a place in an agent's speech that it wanted to be told of. */
export interface Mark {
  readonly name: string;
  readonly outcome: 'played' | 'cleared';
}

/** The marks that an agent put behind pieces of its speech: each comes back once, in their order. */
export class SpeechMarks {
  readonly #waiting: { readonly mark: Mark; readonly atOctets: number }[] = [];
  #keptOctets = 0;

  /** False: more are kept than any speech has. */
  add(name: string, atOctets: number): boolean {
    this.#keptOctets += name.length + MARK_OCTETS;
    this.#waiting.push({ mark: { name, outcome: 'played' }, atOctets });
    return this.#keptOctets <= MOST_OCTETS;
  }

  /** What was said up to here was heard; the rest is taken back, with its marks. */
  clear(heardOctets: number): void {
    const reached = this.#waiting.findIndex((it) => isAhead(it, heardOctets));
    if (reached < 0) return;
    for (const { mark } of this.#waiting.splice(reached))
      this.#waiting.push({ mark: { name: mark.name, outcome: 'cleared' }, atOctets: heardOctets });
  }

  take(heardOctets: number): Mark | undefined {
    const next = this.#waiting[0];
    if (next === undefined || isAhead(next, heardOctets)) return undefined;
    this.#waiting.shift();
    this.#keptOctets -= next.mark.name.length + MARK_OCTETS;
    return next.mark;
  }
}

function isAhead({ atOctets }: { readonly atOctets: number }, heardOctets: number): boolean {
  return atOctets > heardOctets;
}

/** What keeping one takes beside its name, and for all of them. */
const MARK_OCTETS = 100;
const MOST_OCTETS = 8 << 20;
