import { Worker } from 'node:worker_threads';
import type { MoonshineSize } from './moonshine-model.ts';

/** Handed to the thread (`src/recognizer-worker.ts`) when it starts. */
export interface DecoderData {
  readonly size: MoonshineSize;
  /** The id of a request nobody waits for any more. */
  readonly abandoned: Int32Array;
}

export interface DecodeRequest extends Sound {
  readonly id: number;
}

export interface Sound {
  readonly samples: Int16Array;
  /** 8000 or 16000. */
  readonly rateHz: number;
}

export type DecodeAnswer =
  /** No text: it was abandoned. */
  | { readonly id: number; readonly text: string | undefined; readonly decodeMs: number }
  | { readonly id: number; readonly error: string };

export interface DecoderThreadOptions {
  readonly size: MoonshineSize;
  readonly onAnswer: (answer: DecodeAnswer) => void;
  /** The thread is gone, unasked. */
  readonly onLost: (error: Error) => void;
}

/** One thread that transcribes, one utterance at a time. */
export class DecoderThread {
  readonly #worker: Worker;
  readonly #abandoned: Int32Array = new Int32Array(new SharedArrayBuffer(4));
  #closed = false;

  constructor({ size, onAnswer, onLost }: DecoderThreadOptions) {
    const workerData: DecoderData = { size, abandoned: this.#abandoned };
    this.#worker = new Worker(new URL('../../../recognizer-worker.ts', import.meta.url), {
      workerData,
      name: 'recogniser',
    });
    let cause = new Error('the recogniser ended');
    this.#worker.on('message', onAnswer);
    this.#worker.on('error', (error: Error) => {
      cause = error;
    });
    this.#worker.on('exit', () => {
      if (!this.#closed) onLost(cause);
    });
  }

  /** The samples become the thread's. */
  post(request: DecodeRequest): void {
    this.#worker.postMessage(request, [request.samples.buffer as ArrayBuffer]);
  }

  /** Lets the thread be done with a request before its time; the answer still comes. */
  abandon(id: number): void {
    Atomics.store(this.#abandoned, 0, id);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker.terminate();
  }
}
