/** The background sound a sender describes instead of sending its silence. @see RFC 3389 */
export class ComfortNoise {
  #amplitude = 0;
  #order = 0;
  /** Reflection coefficients of the all-pole shape, and the state of the lattice that applies them. */
  readonly #reflection: Float64Array = new Float64Array(MAX_ORDER);
  readonly #backward: Float64Array = new Float64Array(MAX_ORDER + 1);
  #seed = 0x6d2b79f5;

  /** Takes a comfort noise payload: level, then any number of reflection coefficients. Empty: as it was. */
  update(payload: Uint8Array, offset: number, length: number): void {
    if (length === 0) return;
    // Section 3.1: the level is -dBov, 0 to 127. 0 dBov is a square wave of full scale.
    let amplitude = 32768 * 10 ** (-(payload[offset]! & 0x7f) / 20);
    this.#order = Math.min(length - 1, MAX_ORDER);
    for (let i = 0; i < this.#order; i++) {
      // Section 3.2: 127 is 0, each step 1/127.
      const coefficient = Math.max(
        -MAX_REFLECTION,
        Math.min(MAX_REFLECTION, (payload[offset + 1 + i]! - 127) / 127),
      );
      this.#reflection[i] = coefficient;
      amplitude *= Math.sqrt(1 - coefficient * coefficient);
    }
    // Noise that is spread evenly between -a and a has an RMS of a / sqrt(3).
    this.#amplitude = amplitude * Math.sqrt(3);
  }

  /** Adds the noise to what is there. */
  addTo(output: Int16Array, offset: number, length: number): void {
    const reflection = this.#reflection;
    const backward = this.#backward;
    for (let n = 0; n < length; n++) {
      this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) | 0;
      let forward = (this.#seed / 0x80000000) * this.#amplitude;
      for (let i = this.#order - 1; i >= 0; i--) {
        forward -= reflection[i]! * backward[i]!;
        backward[i + 1] = backward[i]! + reflection[i]! * forward;
      }
      backward[0] = forward;
      output[offset + n] = Math.max(-32768, Math.min(32767, output[offset + n]! + Math.round(forward)));
    }
  }
}

/** Section 3.2 sets no limit; beyond ten or so there is nothing left to shape. */
const MAX_ORDER = 12;
/** Keeps the filter well inside stability whatever was sent. */
const MAX_REFLECTION = 0.97;
