import type { SpeechChunk } from './synthesizer.ts';

/**
 * Sentences as they were spoken before, by voice and text, the least recently used forgotten first. Those who ask for
 * a sentence while it is being made wait for the same making: a hundred calls that begin at once greet with one.
 */
export class SpeechCache {
  readonly #capacityOctets: number;
  readonly #kept = new Map<string, SpeechChunk>();
  readonly #making = new Map<string, Making>();
  #octets = 0;
  #hits = 0;
  #misses = 0;

  constructor(capacityOctets: number) {
    this.#capacityOctets = capacityOctets;
  }

  get stats(): CacheStats {
    return { hits: this.#hits, misses: this.#misses, octets: this.#octets };
  }

  /**
   * What is kept under `key`, or else what `make` gives; its samples are the cache's own. `make` is told only when
   * everyone who waits for it has stopped waiting. What it gives all the same is kept: the welcome of a caller who
   * hung up is the next one's.
   */
  async fetch(
    key: string,
    make: (signal: AbortSignal) => Promise<SpeechChunk>,
    signal: AbortSignal,
  ): Promise<SpeechChunk> {
    signal.throwIfAborted();
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#hits += 1;
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    for (;;) {
      const running = this.#making.get(key);
      if (running === undefined) this.#misses += 1;
      else this.#hits += 1;
      const making = running ?? this.#start(key, make);
      try {
        return await this.#await(making, signal);
      } catch (error) {
        // Whoever asked for it first had gone before it began.
        if (signal.aborted || !making.abort.signal.aborted) throw error;
      }
    }
  }

  #start(key: string, make: (signal: AbortSignal) => Promise<SpeechChunk>): Making {
    const abort = new AbortController();
    const result = make(abort.signal);
    const making: Making = { result, abort, waiting: 0 };
    this.#making.set(key, making);
    const over = () => {
      this.#making.delete(key);
    };
    result.then((chunk) => {
      over();
      this.#keep(key, chunk);
    }, over);
    return making;
  }

  #await(making: Making, signal: AbortSignal): Promise<SpeechChunk> {
    making.waiting += 1;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        making.waiting -= 1;
        if (making.waiting === 0) making.abort.abort(signal.reason);
        reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      void making.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    });
  }

  #keep(key: string, chunk: SpeechChunk): void {
    if (chunk.samples.byteLength > this.#capacityOctets || this.#kept.has(key)) return;
    this.#kept.set(key, chunk);
    this.#octets += octetsOf(key, chunk);
    for (const [oldestKey, oldest] of this.#kept) {
      if (this.#octets <= this.#capacityOctets) break;
      this.#kept.delete(oldestKey);
      this.#octets -= octetsOf(oldestKey, oldest);
    }
  }
}

export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly octets: number;
}

interface Making {
  readonly result: Promise<SpeechChunk>;
  readonly abort: AbortController;
  waiting: number;
}

function octetsOf(key: string, chunk: SpeechChunk): number {
  return 2 * key.length + chunk.samples.byteLength;
}
