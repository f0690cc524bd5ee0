/** One turn of the caller: its audio, kept until it is understood, and what has been understood of it. */
export class Turn {
  readonly number: number;
  readonly #mostSamples: number;
  readonly #chunks: Int16Array[] = [];
  #samples = 0;
  #dropped = false;
  #segments: string[] = [];
  #interim = '';
  /** The provider has said something of it, be it without words. */
  isHeard = false;
  /** The turn detector heard it end. */
  isEnded = false;

  /** `mostSamples` is how much audio is kept for a new connection; of more, the oldest goes. */
  constructor(number: number, mostSamples: number) {
    this.number = number;
    this.#mostSamples = mostSamples;
  }

  get chunks(): readonly Int16Array[] {
    return this.#chunks;
  }

  /** Segments and interim. */
  get text(): string {
    return [...this.#segments, this.#interim].filter((part) => part !== '').join(' ');
  }

  /** There are words, and none of them may change. */
  get isUnderstood(): boolean {
    return this.#interim === '' && this.#segments.some((part) => part !== '');
  }

  /** The chunk is the turn's own from now on. False when older audio had to go. */
  addAudio(chunk: Int16Array): boolean {
    this.#chunks.push(chunk);
    this.#samples += chunk.length;
    if (this.#samples <= this.#mostSamples) return true;
    while (this.#samples > this.#mostSamples) this.#samples -= this.#chunks.shift()?.length ?? this.#samples;
    this.#dropped = true;
    return false;
  }

  addSegment(text: string): void {
    this.isHeard = true;
    this.#segments.push(text.trim());
    this.#interim = '';
  }

  replaceInterim(text: string): void {
    this.isHeard = true;
    this.#interim = text.trim();
  }

  /** It is to be heard from the start by a new connection; what went with dropped audio stays. */
  startOver(): void {
    this.#interim = '';
    this.isHeard = false;
    if (!this.#dropped) this.#segments = [];
  }
}
