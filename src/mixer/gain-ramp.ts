/** A gain that moves in a straight line, sample by sample, so that no change of level is a step. */
export class GainRamp {
  #value: number;
  #target: number;
  #step = 0;
  #remaining = 0;

  constructor(value: number) {
    this.#value = value;
    this.#target = value;
  }

  get value(): number {
    return this.#value;
  }

  get target(): number {
    return this.#target;
  }

  get steady(): boolean {
    return this.#remaining === 0;
  }

  /** Moves from where the gain is now to `target` within `samples`; 0 is at once. */
  moveTo(target: number, samples: number): void {
    this.#target = target;
    this.#remaining = Math.max(0, Math.round(samples));
    if (this.#remaining === 0) this.#value = target;
    else this.#step = (target - this.#value) / this.#remaining;
  }

  /** Multiplies the next `count` samples of time into `envelope`. */
  shape(envelope: Float64Array, count: number): void {
    const moving = Math.min(count, this.#remaining);
    const step = this.#step;
    let value = this.#value;
    for (let i = 0; i < moving; i++) {
      value += step;
      envelope[i]! *= value;
    }
    this.#remaining -= moving;
    this.#value = this.#remaining === 0 ? this.#target : value;
    if (this.#value === 1) return;
    for (let i = moving; i < count; i++) envelope[i]! *= this.#value;
  }
}
