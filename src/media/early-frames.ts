/** The latest second of a caller whose agent is not there yet. */
export class EarlyFrames {
  readonly #frames: Int16Array[] = [];

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Copies the frame; the oldest gives way. */
  push(frame: Int16Array): void {
    const copy = this.#frames.length < MOST_FRAMES ? new Int16Array(frame.length) : this.#frames.shift()!;
    copy.set(frame);
    this.#frames.push(copy);
  }

  take(): Int16Array | undefined {
    return this.#frames.shift();
  }
}

const MOST_FRAMES = 50;
