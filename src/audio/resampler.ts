import { invariant } from '../invariant.ts';
import { BLOCK_SAMPLES, type Convolver, createReferenceConvolver, STEEPEST_RATIO } from './convolver.ts';
import { designPolyphaseFilter, type PolyphaseFilter } from './polyphase-filter.ts';

/**
 * Changes the rate of a stream, a block at a time, with no seam between blocks. From whole 20 ms frames it makes
 * whole 20 ms frames when both rates are multiples of 8 kHz.
 */
export interface Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  /** Group delay, in samples at `toHz`. */
  readonly delaySamples: number;
  /**
   * Takes a block of any size, writes at `outputOffset` and returns the number of samples written: at most
   * `ceil(inputLength * toHz / fromHz)`. Input and output must not overlap.
   */
  process(
    input: Int16Array,
    inputOffset: number,
    inputLength: number,
    output: Int16Array,
    outputOffset: number,
  ): number;
  /** Forgets the stream: what comes next follows silence. */
  reset(): void;
}

/** A resampler for live audio: cheap, and within 0.01 dB up to 3.4 kHz. */
export function createResampler(fromHz: number, toHz: number): Resampler {
  return createReferenceResampler(fromHz, toHz);
}

/** The same resampler, bit for bit, without WebAssembly. */
export function createReferenceResampler(fromHz: number, toHz: number): Resampler {
  if (fromHz === toHz) return new PassThrough(fromHz);
  const filter = filterFor(fromHz, toHz);
  return new StreamResampler(fromHz, toHz, filter, createReferenceConvolver(filter));
}

class StreamResampler implements Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  readonly delaySamples: number;
  readonly #up: number;
  readonly #down: number;
  readonly #convolver: Convolver;
  readonly #history: Int16Array;
  /** Where the next output stands after the next input sample, in steps of 1/up input sample. */
  #position = 0;

  constructor(fromHz: number, toHz: number, filter: PolyphaseFilter, convolver: Convolver) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.delaySamples = filter.delaySamples;
    this.#up = filter.up;
    this.#down = filter.down;
    this.#convolver = convolver;
    this.#history = new Int16Array(filter.tapsPerPhase - 1);
  }

  process(
    input: Int16Array,
    inputOffset: number,
    inputLength: number,
    output: Int16Array,
    outputOffset: number,
  ): number {
    let written = 0;
    for (let done = 0; done < inputLength; done += BLOCK_SAMPLES) {
      const length = Math.min(BLOCK_SAMPLES, inputLength - done);
      written += this.#processBlock(input, inputOffset + done, length, output, outputOffset + written);
    }
    return written;
  }

  reset(): void {
    this.#history.fill(0);
    this.#position = 0;
  }

  #processBlock(
    input: Int16Array,
    inputOffset: number,
    inputLength: number,
    output: Int16Array,
    outputOffset: number,
  ): number {
    const history = this.#history;
    const workspace = this.#convolver.input;
    workspace.set(history);
    for (let i = 0; i < inputLength; i++) workspace[history.length + i] = input[inputOffset + i]!;

    const steps = inputLength * this.#up;
    const count = Math.max(0, Math.ceil((steps - this.#position) / this.#down));
    this.#convolver.convolve(this.#position, count);
    this.#position += count * this.#down - steps;

    const result = this.#convolver.output;
    for (let i = 0; i < count; i++) output[outputOffset + i] = result[i]!;
    for (let i = 0; i < history.length; i++) history[i] = workspace[inputLength + i]!;
    return count;
  }
}

class PassThrough implements Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  readonly delaySamples = 0;

  constructor(rateHz: number) {
    this.fromHz = rateHz;
    this.toHz = rateHz;
  }

  process(
    input: Int16Array,
    inputOffset: number,
    inputLength: number,
    output: Int16Array,
    outputOffset: number,
  ): number {
    for (let i = 0; i < inputLength; i++) output[outputOffset + i] = input[inputOffset + i]!;
    return inputLength;
  }

  reset(): void {}
}

/** Filters are the same for every call, so each is designed once. */
const filters = new Map<string, PolyphaseFilter>();

function filterFor(fromHz: number, toHz: number): PolyphaseFilter {
  const key = `${fromHz}:${toHz}`;
  let filter = filters.get(key);
  if (filter === undefined) {
    const steepness = Math.max(fromHz / toHz, toHz / fromHz);
    invariant(
      steepness <= STEEPEST_RATIO,
      'rates of live audio come from a codec or a checked configuration',
    );
    filter = designPolyphaseFilter(fromHz, toHz);
    filters.set(key, filter);
  }
  return filter;
}
