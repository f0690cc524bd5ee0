import type { Timers } from '../../clock.ts';

/** Keys that a caller presses one after the other, as one entry: it is over with `#`, or when no other follows. */
export class KeyEntry {
  readonly #timers: Timers;
  readonly #onEntered: (keys: string) => void;
  #keys = '';
  #cancelWait: (() => void) | undefined;

  constructor(timers: Timers, onEntered: (keys: string) => void) {
    this.#timers = timers;
    this.#onEntered = onEntered;
  }

  press(key: string): void {
    this.#cancelWait?.();
    this.#keys += key;
    if (key === '#' || this.#keys.length >= MOST_KEYS) this.#enter();
    else this.#cancelWait = this.#timers.schedule(PAUSE_MS, () => this.#enter());
  }

  cancel(): void {
    this.#cancelWait?.();
    this.#keys = '';
  }

  #enter(): void {
    const keys = this.#keys;
    this.#keys = '';
    this.#onEntered(keys);
  }
}

/** As long as people look for the next key. */
const PAUSE_MS = 2000;
const MOST_KEYS = 32;
