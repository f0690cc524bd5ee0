import type { Flow } from '../flow.ts';
import { Registration } from './registration.ts';
import type { RegistrationHost, RegistrationOptions } from './registration-options.ts';

/** Our registrations with trunks, one each. */
export class Registrations {
  readonly #host: Omit<RegistrationHost, 'forget'>;
  readonly #byTrunk: Map<string, Registration> = new Map();

  constructor(host: Omit<RegistrationHost, 'forget'>) {
    this.#host = host;
  }

  get size(): number {
    return this.#byTrunk.size;
  }

  /** Whether each trunk has us registered. */
  states(nowMs: number): Map<string, boolean> {
    return new Map(
      [...this.#byTrunk].map(([trunk, registration]) => [trunk, registration.isRegistered(nowMs)]),
    );
  }

  start(options: RegistrationOptions): void {
    const { trunk } = options;
    const registration = new Registration(
      { ...this.#host, forget: (gone) => this.#byTrunk.delete(gone) },
      options,
    );
    this.#byTrunk.set(trunk, registration);
    registration.start();
  }

  handleLocated(trunk: string, targets: readonly Flow[], nowMs: number): void {
    this.#byTrunk.get(trunk)?.handleLocated(targets, nowMs);
  }

  handleTransportError(flow: Flow, nowMs: number): void {
    for (const registration of this.#byTrunk.values()) registration.handleTransportError(flow, nowMs);
  }

  stop(nowMs: number): void {
    for (const registration of [...this.#byTrunk.values()]) registration.stop(nowMs);
  }
}
