import { invariant } from '../invariant.ts';
import { BLOCK_SAMPLES, type Convolver, createReferenceConvolver, STEEPEST_RATIO } from './convolver.ts';
import { createKernelConvolver } from './kernels/kernel-convolver.ts';
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
  if (fromHz === toHz) return new PassThrough(fromHz);
  return new StreamResampler(fromHz, toHz, stageFor(fromHz, toHz));
}

/** The same resampler, bit for bit, without WebAssembly. */
export function createReferenceResampler(fromHz: number, toHz: number): Resampler {
  if (fromHz === toHz) return new PassThrough(fromHz);
  const filter = designPolyphaseFilter(fromHz, toHz);
  return new StreamResampler(fromHz, toHz, { filter, convolver: createReferenceConvolver(filter) });
}

/** What all streams of one pair of rates share: a convolver keeps nothing between two calls. */
interface Stage {
  readonly filter: PolyphaseFilter;
  readonly convolver: Convolver;
}

class StreamResampler implements Resampler {
  readonly fromHz: number;
  readonly toHz: number;
  readonly delaySamples: number;
  readonly #up: number;
  readonly #down: number;
  readonly #convolver: Convolver;
  readonly #history: Int16Array;
  /** The convolver's output when the input is a frame of 20 ms. */
  readonly #frame: Int16Array;
  /** Where the next output stands after the next input sample, in steps of 1/up input sample. */
  #position = 0;

  constructor(fromHz: number, toHz: number, { filter, convolver }: Stage) {
    this.fromHz = fromHz;
    this.toHz = toHz;
    this.delaySamples = filter.delaySamples;
    this.#up = filter.up;
    this.#down = filter.down;
    this.#convolver = convolver;
    const frameSamples = Math.min(BLOCK_SAMPLES, fromHz / 50);
    this.#frame = convolver.output.subarray(0, (frameSamples * filter.up) / filter.down);
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
    // `set` is several times faster than a loop, and a view made here would be garbage for every frame.
    if (inputLength === input.length) workspace.set(input, history.length);
    else for (let i = 0; i < inputLength; i++) workspace[history.length + i] = input[inputOffset + i]!;

    const steps = inputLength * this.#up;
    const count = Math.max(0, Math.ceil((steps - this.#position) / this.#down));
    this.#convolver.convolve(this.#position, count);
    this.#position += count * this.#down - steps;

    const result = this.#convolver.output;
    if (count === this.#frame.length) output.set(this.#frame, outputOffset);
    else for (let i = 0; i < count; i++) output[outputOffset + i] = result[i]!;
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

function stageFor(fromHz: number, toHz: number): Stage {
  const key = `${fromHz}:${toHz}`;
  let stage = stages.get(key);
  if (stage === undefined) {
    const steepness = Math.max(fromHz / toHz, toHz / fromHz);
    invariant(
      steepness <= STEEPEST_RATIO,
      'rates of live audio come from a codec or a checked configuration',
    );
    const filter = designPolyphaseFilter(fromHz, toHz);
    stage = { filter, convolver: createKernelConvolver(filter) ?? createReferenceConvolver(filter) };
    stages.set(key, stage);
  }
  return stage;
}

const stages = new Map<string, Stage>();
