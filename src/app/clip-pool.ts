/** The threads in which sounds are decoded: neither the main thread nor one that carries audio waits for it. */
import { Worker } from 'node:worker_threads';
import type { ClipForm } from '../audio/make-clip.ts';
import type { Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { ClipAnswer, ClipRequest } from '../sound/clip-maker.ts';
import type { LoadedClip } from '../sound/clip-store.ts';
import type { DecodeLimits } from '../sound/decoded-sound.ts';
import { refused } from '../sound/refusal.ts';

export interface ClipPoolOptions {
  readonly threads: number;
  readonly limits: DecodeLimits;
  readonly timers: Timers;
  readonly log: Logger;
  /** The worker's entry file; another one in tests. */
  readonly workerUrl?: URL;
}

export class ClipPool {
  readonly #options: ClipPoolOptions;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #waiting: Job[] = [];
  #lastId = 0;
  #closed = false;

  constructor(options: ClipPoolOptions) {
    this.#options = options;
    // So that the first sound does not wait for a thread to start; the others start when they are needed.
    this.#idle.push(this.#startWorker());
  }

  /** Never rejects. */
  prepare(octets: Uint8Array, sourceHash: string, form: ClipForm): Promise<LoadedClip> {
    if (this.#closed) return Promise.resolve(refused('decoder-failed', 'shutting down'));
    if (this.#waiting.length >= MOST_WAITING) return Promise.resolve(refused('decoder-busy'));
    return new Promise((settle) => {
      this.#waiting.push({ octets, sourceHash, form, settle });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { settle } of this.#waiting.splice(0)) settle(refused('decoder-failed', 'shutting down'));
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  #next(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    const worker =
      this.#idle.pop() ?? (this.#all.size < this.#options.threads ? this.#startWorker() : undefined);
    if (worker === undefined) return;
    const job = this.#waiting.shift()!;
    void this.#run(worker, job).then((result) => {
      job.settle(result);
      this.#next();
    });
  }

  async #run(worker: Worker, { octets, sourceHash, form }: Job): Promise<LoadedClip> {
    this.#lastId += 1;
    // A copy, which is given away; `slice` of a Buffer would be none.
    const request: ClipRequest = {
      id: this.#lastId,
      octets: new Uint8Array(octets),
      sourceHash,
      form,
      limits: this.#options.limits,
    };
    const outcome = await this.#exchange(worker, request);
    if (!(outcome instanceof Error)) {
      this.#idle.push(worker);
      const { id: _, ...answer } = outcome;
      return answer;
    }
    this.#all.delete(worker);
    await worker.terminate();
    this.#options.log.error(
      { error: outcome, octets: octets.length },
      'a clip worker failed and is replaced',
    );
    return outcome instanceof DecodeTimeout ? refused('decode-timed-out') : refused('decoder-failed');
  }

  #exchange(worker: Worker, request: ClipRequest): Promise<ClipAnswer | Error> {
    worker.ref();
    return new Promise((resolve) => {
      const onMessage = (answer: ClipAnswer) => settle(answer);
      const onError = (error: Error) => settle(error);
      const onExit = () => settle(new Error('the clip worker ended'));
      const cancelTimeout = this.#options.timers.schedule(this.#options.limits.timeoutMs + GRACE_MS, () =>
        settle(new DecodeTimeout('a sound took too long to decode')),
      );
      const settle = (outcome: ClipAnswer | Error) => {
        cancelTimeout();
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        worker.unref();
        resolve(outcome);
      };
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      try {
        worker.postMessage(request, [request.octets.buffer as ArrayBuffer]);
      } catch (error) {
        settle(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  #startWorker(): Worker {
    const worker = new Worker(this.#options.workerUrl ?? new URL('../clip-worker.ts', import.meta.url), {
      name: 'clips',
      // What decoders complain of is in their answer; the console would be flooded by a hostile file.
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    // Without a listener its error would end the process; whoever waits for its answer is told by another.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.#all.delete(worker);
      const index = this.#idle.indexOf(worker);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    this.#all.add(worker);
    return worker;
  }
}

interface Job {
  readonly octets: Uint8Array;
  readonly sourceHash: string;
  readonly form: ClipForm;
  readonly settle: (result: LoadedClip) => void;
}

class DecodeTimeout extends Error {}

const MOST_WAITING = 500;
/** For the worker to notice by itself that its time is over. */
const GRACE_MS = 1_000;
/** Samples do not lie there. */
const HEAP_MB = 256;
