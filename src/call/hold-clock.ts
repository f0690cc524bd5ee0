import type { Clock } from '../clock.ts';
import { unlessAborted } from './waiting.ts';

/** Time that stands still while the caller has us on hold: nothing of what plays is heard meanwhile. */
export class HoldClock {
  readonly #clock: Clock;
  #heldSinceMs: number | undefined;
  #heldMs = 0;
  #resumed: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): number {
    return (this.#heldSinceMs ?? this.#clock.nowMs()) - this.#heldMs;
  }

  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    if (this.#heldSinceMs === undefined) {
      this.#heldSinceMs = this.#clock.nowMs();
      this.#resumed = Promise.withResolvers();
    } else {
      this.#heldMs += this.#clock.nowMs() - this.#heldSinceMs;
      this.#heldSinceMs = undefined;
      this.#resumed.resolve();
    }
  }

  get isHeld(): boolean {
    return this.#heldSinceMs !== undefined;
  }

  /** Waits for the end of a hold, less when nobody waits for it any more. */
  async untilResumed(signal: AbortSignal): Promise<void> {
    if (this.isHeld) await unlessAborted(this.#resumed.promise, signal);
  }
}
