import { Worker } from 'node:worker_threads';
import type { Logger } from '../logger.ts';
import type { Listener, Listening, ListenOptions, ListenSettings } from '../speech/listener.ts';
import type {
  EarId,
  ListeningTotals,
  ListeningWorkerReport,
  ListeningWorkerRequest,
  ListeningWorkerSettings,
} from '../speech/listening-messages.ts';

export interface ListeningPoolOptions extends ListeningWorkerSettings {
  readonly log: Logger;
  /** The worker's entry file; another one in tests. */
  readonly workerUrl?: URL;
}

/** The listener of the running service: a thread of its own, started for the first caller or by `prepare`. */
export class ListeningPool implements Listener {
  readonly #options: ListeningPoolOptions;
  readonly #ears = new Map<EarId, PooledEar>();
  #thread: Worker | undefined = undefined;
  #lastEarId: EarId = 0;
  #startedAtMs = 0;
  #closing = false;
  #resting = false;
  #totals: ListeningTotals | undefined = undefined;

  constructor(options: ListeningPoolOptions) {
    this.#options = options;
  }

  /** The worker's counters, a second old at most; undefined before anyone was listened to. */
  get totals(): ListeningTotals | undefined {
    return this.#totals;
  }

  /** Loads the models now, so that the first caller need not wait for them. */
  prepare(): void {
    if (this.#closing || this.#resting || this.#thread !== undefined) return;
    this.#thread = this.#start();
    for (const [earId, ear] of this.#ears) this.#open(earId, ear);
  }

  listen(options: ListenOptions): Listening {
    this.#lastEarId += 1;
    const earId = this.#lastEarId;
    const ear: PooledEar = { options, settings: options.settings };
    this.prepare();
    this.#ears.set(earId, ear);
    this.#open(earId, ear);
    return {
      configure: (settings) => {
        ear.settings = { ...ear.settings, ...settings };
        this.#post({ kind: 'configure', earId, settings });
      },
      close: () => {
        this.#ears.delete(earId);
        this.#post({ kind: 'close', earId });
      },
    };
  }

  async close(): Promise<void> {
    this.#closing = true;
    const thread = this.#thread;
    if (thread === undefined) return;
    await new Promise<void>((resolve) => {
      const overdue = setTimeout(() => thread.terminate(), CLOSE_WITHIN_MS);
      thread.once('exit', () => {
        clearTimeout(overdue);
        resolve();
      });
      this.#post({ kind: 'shut-down' });
    });
  }

  #start(): Worker {
    const { rules, recognition, workerUrl } = this.#options;
    const url = workerUrl ?? new URL('../listening-worker.ts', import.meta.url);
    const workerData: ListeningWorkerSettings = { rules, recognition };
    const thread = new Worker(url, { workerData, name: 'listening' });
    this.#startedAtMs = performance.now();
    let cause: unknown;
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('message', (report: ListeningWorkerReport) => this.#handle(report));
    thread.on('exit', () => this.#lost(cause));
    return thread;
  }

  #handle(report: ListeningWorkerReport): void {
    switch (report.kind) {
      case 'events':
        for (const { earId, event } of report.events) this.#ears.get(earId)?.options.onEvent(event);
        return;
      case 'totals':
        this.#totals = report.totals;
        return;
      case 'log':
        this.#options.log[report.level](report.fields, report.message);
        return;
    }
  }

  /** The thread has ended. When nobody asked it to, a new one takes its place and listens on. */
  #lost(cause: unknown): void {
    this.#thread = undefined;
    if (this.#closing) return;
    this.#options.log.error({ err: cause, callers: this.#ears.size }, 'the listening worker died');
    for (const { options } of [...this.#ears.values()]) {
      options.onEvent({ kind: 'failed', reason: 'listening-worker-died' });
    }
    this.#resting = true;
    const livedMs = performance.now() - this.#startedAtMs;
    setTimeout(
      () => {
        this.#resting = false;
        if (this.#ears.size > 0) this.prepare();
      },
      livedMs < SHORT_LIFE_MS ? SHORT_LIFE_MS : 0,
    );
  }

  #open(earId: EarId, { options, settings }: PooledEar): void {
    const { callId, ring } = options;
    this.#post({ kind: 'listen', earId, callId, ring, settings });
  }

  #post(request: ListeningWorkerRequest): void {
    this.#thread?.postMessage(request);
  }
}

interface PooledEar {
  readonly options: ListenOptions;
  /** As they are now. */
  settings: ListenSettings;
}

const CLOSE_WITHIN_MS = 2_000;
/** A worker that dies sooner is not started again at once, lest it spin. */
const SHORT_LIFE_MS = 1_000;
