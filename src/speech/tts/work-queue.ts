import { SwitchError } from '../../errors.ts';
import type { EngineStats } from './engine.ts';

/** Runs tasks first in, first out, a few at a time, and refuses more than it can hold. */
export class WorkQueue {
  readonly #concurrency: number;
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #refused = 0;

  /** `limit` is how many tasks may wait beyond the `concurrency` that run. */
  constructor(options: { readonly concurrency: number; readonly limit: number }) {
    this.#concurrency = options.concurrency;
    this.#limit = options.limit;
  }

  get stats(): EngineStats {
    return { waiting: this.#waiting.length, refused: this.#refused };
  }

  /** Rejects with the signal's reason when it aborts before the task's turn. */
  async run<Value>(task: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
    signal.throwIfAborted();
    if (this.#running >= this.#concurrency) {
      if (this.#waiting.length >= this.#limit) {
        this.#refused += 1;
        throw new SwitchError('speech-failed', `${this.#limit} sentences wait already`);
      }
      await this.#turn(signal);
    } else this.#running += 1;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  /** The place of a task that ends is handed to the next one: `#running` does not change in between. */
  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
        reject(signal.reason);
      };
      const proceed = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(proceed);
    });
  }
}
