/** Flite on threads of its own, for English: `src/speech-worker.ts` is the other end. */
import { Worker } from 'node:worker_threads';
import type { Timers } from '../../clock.ts';
import { SwitchError } from '../../errors.ts';
import type { Logger } from '../../logger.ts';
import { toAscii } from './ascii.ts';
import type { EngineStats, Manner, SpeechEngine } from './engine.ts';
import { type FliteVoice, fliteGainDb, isFliteVoice } from './flite-voices.ts';
import { amplify, trimSilence } from './level.ts';
import type { SpeechChunk } from './synthesizer.ts';
import { WorkQueue } from './work-queue.ts';

export interface FliteOptions {
  readonly threads: number;
  /** Sentences that may wait beyond those being spoken. */
  readonly queueLimit: number;
  readonly timers: Timers;
  readonly log: Logger;
}

export class FliteEngine implements SpeechEngine {
  readonly #options: FliteOptions;
  readonly #queue: WorkQueue;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  #lastId = 0;

  constructor(options: FliteOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ concurrency: options.threads, limit: options.queueLimit });
    // So that the program is compiled before the first call asks for a sentence.
    for (let index = 0; index < options.threads; index += 1) this.#idle.push(this.#startWorker());
  }

  get stats(): EngineStats {
    return this.#queue.stats;
  }

  /** Resolves when every thread has loaded the program and spoken once; one that cannot is told in the log. */
  async prepare(): Promise<void> {
    const voices = Array.from({ length: this.#options.threads }, () =>
      this.#queue.run(() => this.#ask('Ready.', 'rms', 1), new AbortController().signal),
    );
    for (const spoken of await Promise.allSettled(voices))
      if (spoken.status === 'rejected')
        this.#options.log.error({ error: spoken.reason }, 'the built-in voice does not speak');
  }

  async speak(sentence: string, { voice, rate }: Manner, signal: AbortSignal): Promise<SpeechChunk> {
    const text = toAscii(sentence);
    if (!/[a-z0-9]/i.test(text)) return { samples: new Int16Array(), rateHz: FLITE_RATE_HZ };
    const fliteVoice = isFliteVoice(voice) ? voice : 'rms';
    const { samples, rateHz } = await this.#queue.run(() => this.#ask(text, fliteVoice, rate), signal);
    const spoken = trimSilence(samples, rateHz);
    amplify(spoken, fliteGainDb[fliteVoice]);
    return { samples: spoken, rateHz };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((worker) => worker.terminate()));
  }

  /** Has one idle worker speak; a worker that fails or hangs is replaced. */
  async #ask(text: string, voice: FliteVoice, rate: number): Promise<SpeechChunk> {
    const worker = this.#idle.pop() ?? this.#startWorker();
    this.#lastId += 1;
    const request: FliteRequest = { id: this.#lastId, text, voice, rate };
    try {
      const answer = await this.#exchange(worker, request);
      this.#idle.push(worker);
      if ('error' in answer) throw new SwitchError('speech-failed', answer.error);
      return { samples: answer.samples, rateHz: answer.rateHz };
    } catch (error) {
      if (error instanceof SwitchError) throw error;
      this.#all.delete(worker);
      await worker.terminate();
      this.#options.log.error({ error }, 'a speech worker failed and is replaced');
      throw new SwitchError('speech-failed', 'the speech worker failed', { cause: error });
    }
  }

  #exchange(worker: Worker, request: FliteRequest): Promise<FliteAnswer> {
    worker.ref();
    return new Promise<FliteAnswer>((resolve, reject) => {
      const onMessage = (answer: FliteAnswer) => {
        if (answer.id === request.id) settle(() => resolve(answer));
      };
      const onError = (error: Error) => settle(() => reject(error));
      const onExit = () => settle(() => reject(new Error('the speech worker ended')));
      const cancelTimeout = this.#options.timers.schedule(TIMEOUT_MS, () =>
        settle(() => reject(new Error(`no answer from the speech worker in ${TIMEOUT_MS} ms`))),
      );
      const settle = (act: () => void) => {
        cancelTimeout();
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        worker.unref();
        act();
      };
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      worker.postMessage(request);
    });
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('../../speech-worker.ts', import.meta.url), { name: 'speech' });
    // Idle, it must not keep the process alive; without a listener its error would end the process.
    worker.unref();
    worker.on('error', (error) => this.#options.log.error({ error }, 'a speech worker threw'));
    worker.on('exit', () => {
      this.#all.delete(worker);
      const index = this.#idle.indexOf(worker);
      if (index >= 0) this.#idle.splice(index, 1);
    });
    this.#all.add(worker);
    return worker;
  }
}

/** What the worker is asked, and what it answers. */
export interface FliteRequest {
  readonly id: number;
  readonly text: string;
  readonly voice: FliteVoice;
  readonly rate: number;
}

export type FliteAnswer =
  | { readonly id: number; readonly samples: Int16Array; readonly rateHz: number }
  | { readonly id: number; readonly error: string };

const FLITE_RATE_HZ = 16_000;
/** A sentence takes some 40 ms; loading the program 100 ms. */
const TIMEOUT_MS = 15_000;
