/**
 * An equal-power fade: a quarter sine on the way in and its mirror on the way out, so that two unrelated sounds
 * crossing over keep their loudness. It turns round at any point without a step.
 */
export class Fade {
  /** 0 is silence, 1 is full level; the level is the sine of this quarter turn. */
  #phase: number;
  #target: 0 | 1;
  #step = 0;
  #remaining = 0;

  constructor(phase: 0 | 1) {
    this.#phase = phase;
    this.#target = phase;
  }

  get level(): number {
    return this.#phase === 1 ? 1 : Math.sin(this.#phase * QUARTER_TURN);
  }

  get steady(): boolean {
    return this.#remaining === 0;
  }

  get silent(): boolean {
    return this.#phase === 0 && this.#target === 0;
  }

  /** How many of the next `count` samples come before silence. */
  audible(count: number): number {
    return this.#target === 0 && this.#remaining < count ? this.#remaining : count;
  }

  /** To full level; `samples` is the time of the whole way from silence. */
  open(samples: number): void {
    this.#move(1, samples);
  }

  /** To silence; `samples` is the time of the whole way from full level. */
  close(samples: number): void {
    this.#move(0, samples);
  }

  /** Multiplies the next `count` samples of time into `envelope`. */
  shape(envelope: Float64Array, count: number): void {
    const moving = Math.min(count, this.#remaining);
    const step = this.#step;
    let phase = this.#phase;
    for (let i = 0; i < moving; i++) {
      phase += step;
      envelope[i]! *= Math.sin(phase * QUARTER_TURN);
    }
    this.#remaining -= moving;
    this.#phase = this.#remaining === 0 ? this.#target : phase;
    if (this.#phase === 1) return;
    const level = this.level;
    for (let i = moving; i < count; i++) envelope[i]! *= level;
  }

  #move(target: 0 | 1, samples: number): void {
    this.#target = target;
    const distance = target - this.#phase;
    this.#remaining = Math.ceil(Math.abs(distance) * samples);
    if (this.#remaining === 0) this.#phase = target;
    else this.#step = distance / this.#remaining;
  }
}

const QUARTER_TURN: number = Math.PI / 2;
