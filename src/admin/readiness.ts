/** Why the service takes no calls now. */
export type Hindrance = 'starting' | 'draining';

/** Whether a load balancer may send calls here. */
export class Readiness {
  readonly #hindrances: Set<Hindrance> = new Set(['starting']);

  get hindrances(): readonly Hindrance[] {
    return [...this.#hindrances];
  }

  /** Everything is listening. */
  started(): void {
    this.#hindrances.delete('starting');
  }

  /** No way back: the process is on its way out. */
  drain(): void {
    this.#hindrances.add('draining');
  }
}
