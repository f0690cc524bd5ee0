import type { Clock, Timers } from '../clock.ts';

export interface InputTimerOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly onTimeout: () => void;
}

/**
 * Waits for the caller to answer: so long after an utterance that asked for it has been heard, and nothing else is to
 * follow. It fires once. Keys start the time anew, speech stops it, and noise that was taken for speech starts it
 * anew; on hold it stands still.
 *
 *     idle --utterance ended--> waiting --time--> fired, idle
 *     waiting --speech--> suspended --noise--> waiting (from the beginning)
 *     waiting, suspended --words, more to be heard, cancel--> idle
 */
export class InputTimer {
  readonly #options: InputTimerOptions;
  /** What the utterances since the queue was last empty have asked for; the last that asks decides. */
  #askedMs: number | undefined;
  #periodMs: number | undefined;
  /** Of the period; while it runs, as of `#sinceMs`. */
  #leftMs = 0;
  #sinceMs = 0;
  #isSpeaking = false;
  #isHeld = false;
  #cancelTimer: (() => void) | undefined;

  constructor(options: InputTimerOptions) {
    this.#options = options;
  }

  /** An utterance has been heard to its end; `isLast` when nothing is queued behind it. */
  utteranceEnded(timeoutMs: number | undefined, isLast: boolean): void {
    this.#askedMs = timeoutMs ?? this.#askedMs;
    if (!isLast) return;
    this.#periodMs = this.#askedMs;
    this.#askedMs = undefined;
    this.#restart();
  }

  /** Something more is to be heard. */
  utteranceQueued(): void {
    this.#end();
  }

  /** What was playing is cut, and what was queued is forgotten. */
  interrupted(): void {
    this.#askedMs = undefined;
  }

  speechStarted(): void {
    this.#isSpeaking = true;
    this.#pause();
  }

  speechEnded(outcome: 'words' | 'noise'): void {
    this.#isSpeaking = false;
    if (outcome === 'words') this.#end();
    else this.#restart();
  }

  digit(): void {
    this.#restart();
  }

  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) this.#pause();
    else this.#run();
  }

  cancel(): void {
    this.#askedMs = undefined;
    this.#end();
  }

  #restart(): void {
    this.#pause();
    this.#leftMs = this.#periodMs ?? 0;
    this.#run();
  }

  #run(): void {
    if (this.#periodMs === undefined || this.#isSpeaking || this.#isHeld) return;
    this.#sinceMs = this.#options.clock.nowMs();
    this.#cancelTimer = this.#options.timers.schedule(this.#leftMs, () => {
      this.#end();
      this.#options.onTimeout();
    });
  }

  #pause(): void {
    if (this.#cancelTimer === undefined) return;
    this.#cancelTimer();
    this.#cancelTimer = undefined;
    this.#leftMs -= this.#options.clock.nowMs() - this.#sinceMs;
  }

  #end(): void {
    this.#pause();
    this.#periodMs = undefined;
  }
}
