/**
 * The line of samples that frames are cut from: decoded packets and what stands in for them, one after the other,
 * with every seam between them faded. What was played is kept a little longer, for pitch to be found in.
 */
import type { PayloadDecoder } from '../../codecs/codec.ts';
import { ComfortNoise } from '../../codecs/comfort-noise.ts';
import { Concealment } from '../../codecs/concealment.ts';
import { TimeStretch } from './time-stretch.ts';

export class PlayoutLine {
  readonly comfortNoise: ComfortNoise = new ComfortNoise();
  readonly #concealment: Concealment;
  readonly #stretch: TimeStretch;
  readonly #samples: Int16Array;
  readonly #historySamples: number;
  #readAt: number;
  #writeAt: number;
  #filling = false;

  constructor(rateHz: number) {
    this.#concealment = new Concealment(rateHz);
    this.#stretch = new TimeStretch(rateHz);
    this.#historySamples = this.#concealment.historySamples;
    this.#samples = new Int16Array((rateHz * LINE_MS) / 1000);
    this.#readAt = this.#historySamples;
    this.#writeAt = this.#historySamples;
  }

  /** Samples written and not read yet. */
  get available(): number {
    return this.#writeAt - this.#readAt;
  }

  /** What is written last stands in for audio. */
  get filling(): boolean {
    return this.#filling;
  }

  /** Concealment has not faded to nothing yet. */
  get concealmentAudible(): boolean {
    return this.#concealment.audible;
  }

  /** Longest pitch period that can be cut out or put in. */
  get maxStepSamples(): number {
    return this.#stretch.maxLag;
  }

  get shortenNeeds(): number {
    return this.#stretch.compressNeeds;
  }

  get lengthenNeeds(): number {
    return this.#stretch.expandNeeds;
  }

  /**
   * Decodes behind the end of the line and returns the number of samples; they belong to the line only after
   * `append`. `roomSamples` is the most there may be.
   */
  decode(
    decoder: PayloadDecoder,
    octets: Uint8Array,
    offset: number,
    length: number,
    roomSamples: number,
  ): number {
    this.#makeRoom(roomSamples);
    return decoder.decode(octets, offset, length, this.#samples, this.#writeAt);
  }

  /** Takes the `count` samples just decoded into the line, without the first `skipped`. */
  append(count: number, skipped: number): void {
    const from = this.#writeAt;
    if (skipped > 0) this.#samples.copyWithin(from, from + skipped, from + count);
    this.#writeAt += count - skipped;
    if (this.#filling) this.#concealment.blend(this.#samples, from, count - skipped);
    this.#filling = false;
  }

  appendConcealment(count: number): void {
    this.startFilling();
    this.#concealment.conceal(this.#samples, this.#writeAt, count);
    this.#writeAt += count;
  }

  /** Appends silence, or comfort noise, once what was heard has quickly faded. */
  appendPause(count: number, noisy: boolean): void {
    this.startFilling();
    this.#concealment.conceal(this.#samples, this.#writeAt, count, PAUSE_FADE_MS);
    if (noisy) this.comfortNoise.addTo(this.#samples, this.#writeAt, count);
    this.#writeAt += count;
  }

  /** Says that what is appended next does not follow from what was. */
  startFilling(): void {
    this.#makeRoom(0);
    if (!this.#filling) this.#concealment.begin(this.#samples, this.#writeAt);
    this.#filling = true;
  }

  /** Cuts out a pitch period of at most `longest` samples and returns its length, or 0 when none fits. `shortenNeeds` must be available. */
  shorten(longest: number, minCorrelation: number): number {
    const cut = this.#stretch.compress(this.#samples, this.#readAt, this.#writeAt, longest, minCorrelation);
    this.#writeAt -= cut;
    return cut;
  }

  /** Puts one in, likewise. `lengthenNeeds` must be available. */
  lengthen(longest: number, minCorrelation: number): number {
    this.#makeRoom(this.#stretch.maxLag);
    const added = this.#stretch.expand(this.#samples, this.#readAt, this.#writeAt, longest, minCorrelation);
    this.#writeAt += added;
    return added;
  }

  /** Moves the next samples into `frame`; as many must be available. */
  read(frame: Int16Array): void {
    for (let i = 0; i < frame.length; i++) frame[i] = this.#samples[this.#readAt + i]!;
    this.#readAt += frame.length;
  }

  /** Moves the line to the front of its memory when fewer than `count` samples, and a frame, fit behind it. */
  #makeRoom(count: number): void {
    if (this.#writeAt + count + this.#historySamples <= this.#samples.length) return;
    const kept = this.#readAt - this.#historySamples;
    this.#samples.copyWithin(0, kept, this.#writeAt);
    this.#readAt -= kept;
    this.#writeAt -= kept;
  }
}

/** History, what waits, the longest packet and a frame, and then some, so that moving it is rare. */
const LINE_MS = 400;
const PAUSE_FADE_MS = 10;
