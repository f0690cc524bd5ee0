import type { Clock, Timers } from '../../src/clock.ts';

/** Time that moves only when told: every test below `test/e2e` lives in it. */
export class VirtualClock implements Clock, Timers {
  #nowMs = 0;
  #order = 0;
  readonly #epochMs: number;
  readonly #waiting: { dueMs: number; order: number; action: () => void }[] = [];

  constructor(epochMs: number = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs;
  }

  schedule(delayMs: number, action: () => void): () => void {
    const entry = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, action };
    this.#waiting.push(entry);
    return () => {
      const index = this.#waiting.indexOf(entry);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  }

  /** When the next timer is due, or undefined when none waits. */
  get nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const { dueMs } of this.#waiting) if (next === undefined || dueMs < next) next = dueMs;
    return next;
  }

  /**
   * Moves time on by `ms`, running each timer at its own moment and letting promises settle after each, so that
   * what an async function does in between is done in order.
   */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const due = this.#waiting
        .filter(({ dueMs }) => dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
      if (due === undefined) break;
      this.#waiting.splice(this.#waiting.indexOf(due), 1);
      this.#nowMs = Math.max(this.#nowMs, due.dueMs);
      due.action();
      await settle();
    }
    this.#nowMs = untilMs;
  }
}

/** Lets every promise that can be settled now run its course. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}
