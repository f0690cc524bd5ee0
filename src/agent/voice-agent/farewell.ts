import type { Timers } from '../../clock.ts';
import type { ConversationState } from '../agent.ts';

/**
 * Waits with what ends a conversation until the agent has been heard. An agent calls a tool while its goodbye is still
 * being made, or after it has been sent and before it is heard; nobody tells which.
 */
export class Farewell {
  readonly #timers: Timers;
  #action: (() => void) | undefined;
  #state: ConversationState = 'listening';
  #cancelWait: (() => void) | undefined;
  #cancelLimit: (() => void) | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  get isPending(): boolean {
    return this.#action !== undefined;
  }

  /** One at a time; another takes its place. */
  begin(action: () => void): void {
    this.cancel();
    this.#action = action;
    this.#cancelLimit = this.#timers.schedule(LONGEST_MS, () => this.#act());
    if (this.#state !== 'speaking') this.#wait(COMING_MS);
  }

  cancel(): void {
    this.#action = undefined;
    this.#cancelWait?.();
    this.#cancelLimit?.();
  }

  stateChanged(state: ConversationState): void {
    this.#state = state;
    if (this.#action === undefined) return;
    if (state === 'speaking') this.#cancelWait?.();
    else this.#wait(SILENT_MS);
  }

  /** All that came so far; the next piece may be under way. */
  allHeard(): void {
    if (this.#action !== undefined) this.#wait(SILENT_MS);
  }

  #wait(delayMs: number): void {
    this.#cancelWait?.();
    this.#cancelWait = this.#timers.schedule(delayMs, () => {
      if (this.#state !== 'speaking') this.#act();
    });
  }

  #act(): void {
    const action = this.#action;
    this.cancel();
    action?.();
  }
}

/** From a tool call to the goodbye that follows it. */
const COMING_MS = 1500;
const SILENT_MS = 500;
const LONGEST_MS = 30_000;
