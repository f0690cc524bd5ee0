/** Takes decoded channels as they come, piece by piece, and keeps their mean as 16-bit samples. */
export class MonoSamples {
  readonly #longest: number;
  readonly #pieces: Int16Array[] = [];
  #length = 0;

  constructor(longestSamples: number) {
    this.#longest = longestSamples;
  }

  get length(): number {
    return this.#length;
  }

  /** Channels are full scale at 1. False, and nothing kept, when there is more than may be. */
  push(channels: readonly Float32Array[], length: number): boolean {
    if (this.#length + length > this.#longest) return false;
    const scale = 32768 / Math.max(1, channels.length);
    const piece = new Int16Array(length);
    for (let i = 0; i < length; i += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[i] ?? 0;
      // NaN, which a broken stream may decode to, is stored as 0.
      piece[i] = Math.max(-32768, Math.min(32767, Math.round(sum * scale)));
    }
    this.#pieces.push(piece);
    this.#length += length;
    return true;
  }

  join(): Int16Array {
    const whole = new Int16Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }
}
