/** One sound of a background player, from `play` on. Not thenable, so that an async function may give it back. */
export interface PlayHandle {
  /** It is over: played out, stopped, or never to be had. */
  done(): boolean;
  /** Why nothing of it is heard; undefined when all is well. */
  readonly error: Error | undefined;
  /** Ends it now, or at the end of its `fadeOut`. */
  stop(): void;
  /** A linear factor, as `volume` was. */
  setVolume(volume: number, rampMs?: number): void;
  /** Resolves at its end and never rejects: what went wrong stands in `error`. */
  waitForPlayout(): Promise<void>;
}

export interface PlayControl {
  /** Tells after how many milliseconds it will be silent. */
  stop(): number;
  setVolume(volume: number, rampMs: number): void;
  /** Runs `act` so much later; the function given back cancels it. */
  later(delayMs: number, act: () => void): () => void;
}

/** The handle from the side of the player. */
export class Playing implements PlayHandle {
  readonly #control: PlayControl;
  readonly #over = Promise.withResolvers<void>();
  #isDone = false;
  #isStopping = false;
  #error: Error | undefined;
  #cancelEnd: (() => void) | undefined;

  constructor(control: PlayControl) {
    this.#control = control;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  done(): boolean {
    return this.#isDone;
  }

  stop(): void {
    if (this.#isDone || this.#isStopping) return;
    this.#isStopping = true;
    const silentAfterMs = this.#control.stop();
    if (silentAfterMs > 0) this.#cancelEnd = this.#control.later(silentAfterMs, () => this.end());
    else this.end();
  }

  setVolume(volume: number, rampMs: number = RAMP_MS): void {
    if (!(Number.isFinite(volume) && volume >= 0))
      throw new RangeError(`a volume is a number from 0 on, not ${volume}`);
    if (!this.#isDone && !this.#isStopping) this.#control.setVolume(volume, rampMs);
  }

  waitForPlayout(): Promise<void> {
    return this.#over.promise;
  }

  /** What was stopped is over when it is silent, whatever the leg says meanwhile. */
  ended(reason: string | undefined): void {
    if (!this.#isStopping) this.end(reason);
  }

  end(reason?: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#cancelEnd?.();
    if (reason !== undefined) this.#error = new Error(reason);
    this.#over.resolve();
  }
}

const RAMP_MS = 20;
