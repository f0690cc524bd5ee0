import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Overload } from './load-guard.ts';

/** Tells the log of calls refused for load: the first at once, then their number each second, and when it is over. */
export class OverloadReport {
  readonly #log: Logger;
  readonly #clock: Clock & Timers;
  readonly #counts: Map<Overload, number> = new Map();
  #sinceMs = 0;
  #unsaid: Map<Overload, number> | undefined;
  #cancel: (() => void) | undefined;

  constructor(log: Logger, clock: Clock & Timers) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Calls refused since the start, by reason. */
  get counts(): ReadonlyMap<Overload, number> {
    return this.#counts;
  }

  note(reason: Overload): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (this.#unsaid === undefined) {
      this.#sinceMs = this.#clock.nowMs();
      this.#unsaid = new Map();
      this.#log.warn({ reason }, 'overload: a call is refused');
      this.#cancel = this.#clock.schedule(TOLD_EVERY_MS, () => this.#tell());
    } else {
      this.#unsaid.set(reason, (this.#unsaid.get(reason) ?? 0) + 1);
    }
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#unsaid !== undefined && this.#unsaid.size > 0) this.#tellCounts(this.#unsaid);
    this.#unsaid = undefined;
  }

  #tell(): void {
    const unsaid = this.#unsaid ?? new Map<Overload, number>();
    if (unsaid.size === 0) {
      this.#unsaid = undefined;
      this.#cancel = undefined;
      const forMs = Math.round(this.#clock.nowMs() - this.#sinceMs);
      this.#log.info({ forMs }, 'overload is over: calls are taken');
      return;
    }
    this.#tellCounts(unsaid);
    this.#unsaid = new Map();
    this.#cancel = this.#clock.schedule(TOLD_EVERY_MS, () => this.#tell());
  }

  #tellCounts(unsaid: ReadonlyMap<Overload, number>): void {
    this.#log.warn({ refused: Object.fromEntries(unsaid) }, 'overload: more calls are refused');
  }
}

const TOLD_EVERY_MS = 1_000;
