import { BLOCK_SAMPLES, type Convolver, STEEPEST_RATIO } from '../convolver.ts';
import type { PolyphaseFilter } from '../polyphase-filter.ts';
import { instantiateKernels } from './kernels.ts';

/** The longest phase there is: 32 crossings of the steepest ratio. */
const LONGEST_PHASE_TAPS = 32 * STEEPEST_RATIO;
const INPUT_AT = 0;
const INPUT_SAMPLES = LONGEST_PHASE_TAPS + BLOCK_SAMPLES;
const OUTPUT_AT = INPUT_AT + INPUT_SAMPLES * 2;
const OUTPUT_SAMPLES = BLOCK_SAMPLES * STEEPEST_RATIO;
const COEFFICIENTS_AT = OUTPUT_AT + OUTPUT_SAMPLES * 2;

/** Shared by all convolvers of a thread. */
const kernels = instantiateKernels();
let nextFreeOctet = COEFFICIENTS_AT;

/**
 * The convolver as a SIMD kernel. All of them share one input and one output, as one thread runs one at a time.
 * Undefined where there are no kernels, or when no more coefficients fit into their memory.
 */
export function createKernelConvolver(filter: PolyphaseFilter): Convolver | undefined {
  if (kernels === undefined) return undefined;
  const { buffer } = kernels.memory;
  const coefficientsAt = nextFreeOctet;
  if (coefficientsAt + filter.coefficients.byteLength > buffer.byteLength) return undefined;
  new Int16Array(buffer, coefficientsAt).set(filter.coefficients);
  nextFreeOctet += filter.coefficients.byteLength;

  const { convolve } = kernels;
  const { up, down, tapsPerPhase } = filter;
  const copiedTap = filter.copiedTap ?? -1;
  return {
    input: new Int16Array(buffer, INPUT_AT, INPUT_SAMPLES),
    output: new Int16Array(buffer, OUTPUT_AT, OUTPUT_SAMPLES),
    convolve(position, count) {
      convolve(INPUT_AT, OUTPUT_AT, coefficientsAt, up, down, tapsPerPhase, copiedTap, position, count);
    },
  };
}
