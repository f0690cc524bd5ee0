import { DurationHistogram } from '../../../duration-histogram.ts';
import type { Logger } from '../../../logger.ts';
import type { RecognitionFailure, RecognizerStats } from '../recognizer.ts';
import { type DecodeAnswer, DecoderThread, type DecoderThreadOptions, type Sound } from './decoder-thread.ts';
import type { MoonshineSize } from './moonshine-model.ts';

export interface DecodingQueueOptions {
  readonly size: MoonshineSize;
  readonly threads: number;
  /** Utterances that may wait beyond those being transcribed. */
  readonly limit: number;
  readonly nowMs: () => number;
  readonly log: Logger;
  /** Another one in tests. */
  readonly createThread?: (
    options: DecoderThreadOptions,
  ) => Pick<DecoderThread, 'post' | 'abandon' | 'close'>;
}

export type Decoded =
  | { readonly kind: 'text'; readonly text: string; readonly decodeMs: number }
  | { readonly kind: 'abandoned' }
  | { readonly kind: 'failed'; readonly reason: RecognitionFailure };

export interface Decoding {
  /** Nobody waits for it any more; `done` is not called. */
  abandon(): void;
}

/**
 * Shares some threads among all callers: whole utterances first come, first served, up to a limit; what is only to be
 * understood in the meantime never waits, and gives way.
 */
export class DecodingQueue {
  readonly #options: DecodingQueueOptions;
  readonly #places: Place[];
  readonly #waiting: Job[] = [];
  readonly #latency = new DurationHistogram({ bucketsPerMs: 1, longestMs: 10_000 });
  readonly #counts = { transcribed: 0, refused: 0, skippedInterims: 0 };
  #lastId = 0;
  #brokenUntilMs = 0;

  constructor(options: DecodingQueueOptions) {
    this.#options = options;
    this.#places = Array.from({ length: options.threads }, () => ({ thread: undefined, job: undefined }));
  }

  get stats(): RecognizerStats {
    const latency = this.#latency;
    return {
      waiting: this.#waiting.length,
      running: this.#places.filter(({ job }) => job !== undefined).length,
      ...this.#counts,
      latencyMs: { p50: latency.quantileMs(0.5), p99: latency.quantileMs(0.99), max: latency.maxMs },
    };
  }

  /** Starts the threads, which load the model, so that the first caller need not wait for it. */
  prepare(): void {
    for (const place of this.#places) place.thread ??= this.#start(place);
  }

  /** An utterance as a whole. `done` may be called at once, when too many wait. */
  decode(sound: Sound, done: (decoded: Decoded) => void): Decoding {
    const job = this.#newJob('utterance', sound, done);
    const refusal = this.#refusal();
    if (refusal !== undefined) {
      done({ kind: 'failed', reason: refusal });
      return { abandon() {} };
    }
    if (this.#run(job)) return this.#handle(job);
    this.#waiting.push(job);
    const interim = this.#places.find((place) => place.job?.kind === 'interim');
    if (interim !== undefined) interim.thread?.abandon(interim.job!.id);
    return this.#handle(job);
  }

  /** What has been said of an utterance so far; undefined when there is no time for it. */
  decodeInterim(sound: () => Sound, done: (decoded: Decoded) => void): Decoding | undefined {
    const isBroken = this.#options.nowMs() < this.#brokenUntilMs;
    if (isBroken || this.#places.every((place) => place.job !== undefined)) {
      this.#counts.skippedInterims += 1;
      return undefined;
    }
    const job = this.#newJob('interim', sound(), done);
    this.#run(job);
    return this.#handle(job);
  }

  async close(): Promise<void> {
    this.#waiting.length = 0;
    await Promise.all(this.#places.map(({ thread }) => thread?.close()));
  }

  #refusal(): RecognitionFailure | undefined {
    if (this.#options.nowMs() < this.#brokenUntilMs) return 'unreachable';
    if (this.#waiting.length < this.#options.limit) return undefined;
    this.#counts.refused += 1;
    return 'overloaded';
  }

  #newJob(kind: Job['kind'], sound: Sound, done: (decoded: Decoded) => void): Job {
    this.#lastId += 1;
    return { id: this.#lastId, kind, sound, done, askedAtMs: this.#options.nowMs(), wanted: true };
  }

  #handle(job: Job): Decoding {
    return {
      abandon: () => {
        job.wanted = false;
        const index = this.#waiting.indexOf(job);
        if (index >= 0) this.#waiting.splice(index, 1);
        this.#places.find((place) => place.job === job)?.thread?.abandon(job.id);
      },
    };
  }

  /** False while every thread is busy. */
  #run(job: Job): boolean {
    const place = this.#places.find((candidate) => candidate.job === undefined);
    if (place === undefined) return false;
    place.job = job;
    place.thread ??= this.#start(place);
    place.thread.post({ id: job.id, ...job.sound });
    return true;
  }

  #start(place: Place): NonNullable<Place['thread']> {
    const { size, log, createThread = (options) => new DecoderThread(options) } = this.#options;
    return createThread({
      size,
      onAnswer: (answer) => this.#answered(place, answer),
      onLost: (error) => {
        log.error({ error: error.message }, 'a recogniser thread ended and is started again when needed');
        place.thread = undefined;
        this.#brokenUntilMs = this.#options.nowMs() + REST_MS;
        this.#free(place, { kind: 'failed', reason: 'closed' });
      },
    });
  }

  #answered(place: Place, answer: DecodeAnswer): void {
    if (place.job?.id !== answer.id) return;
    if ('error' in answer) {
      this.#options.log.error({ error: answer.error }, 'an utterance could not be transcribed');
      this.#free(place, { kind: 'failed', reason: 'bad-response' });
      return;
    }
    const { text, decodeMs } = answer;
    this.#free(place, text === undefined ? { kind: 'abandoned' } : { kind: 'text', text, decodeMs });
  }

  #free(place: Place, decoded: Decoded): void {
    const job = place.job;
    place.job = undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#run(next);
    if (job === undefined) return;
    if (job.kind === 'utterance' && decoded.kind === 'text') {
      this.#counts.transcribed += 1;
      this.#latency.record(this.#options.nowMs() - job.askedAtMs);
    }
    if (job.wanted) job.done(decoded);
  }
}

interface Place {
  thread: Pick<DecoderThread, 'post' | 'abandon' | 'close'> | undefined;
  job: Job | undefined;
}

interface Job {
  readonly id: number;
  readonly kind: 'utterance' | 'interim';
  readonly sound: Sound;
  readonly done: (decoded: Decoded) => void;
  readonly askedAtMs: number;
  wanted: boolean;
}

/** A thread that ended is not started again at once: what ended it may do so again. */
const REST_MS = 5_000;
