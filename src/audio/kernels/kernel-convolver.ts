import { BLOCK_SAMPLES, type Convolver, STEEPEST_RATIO } from '../convolver.ts';
import type { PolyphaseFilter } from '../polyphase-filter.ts';
import { kernelsBase64 } from './kernels.wasm.ts';

/**
 * The convolver as a SIMD kernel. All of them share one input and one output, as one thread runs one at a time.
 * Undefined where there is no WebAssembly, or when no more coefficients fit into its memory.
 */
export function createKernelConvolver(filter: PolyphaseFilter): Convolver | undefined {
  if (kernels === undefined) return undefined;
  const coefficientsAt = placeCoefficients(filter.coefficients);
  if (coefficientsAt === undefined) return undefined;
  const { convolve, input, output } = kernels;
  const { up, down, tapsPerPhase } = filter;
  const copiedTap = filter.copiedTap ?? -1;
  return {
    input,
    output,
    convolve(position, count) {
      convolve(INPUT_AT, OUTPUT_AT, coefficientsAt, up, down, tapsPerPhase, copiedTap, position, count);
    },
  };
}

interface Kernels {
  readonly memory: ArrayBuffer;
  readonly input: Int16Array;
  readonly output: Int16Array;
  convolve(
    input: number,
    output: number,
    coefficients: number,
    up: number,
    down: number,
    taps: number,
    copiedTap: number,
    position: number,
    count: number,
  ): void;
}

/** What is used of it here: the types of Node leave it to those of the browser, which are not for this project. */
declare const WebAssembly:
  | undefined
  | {
      validate(octets: Uint8Array): boolean;
      Module: new (octets: Uint8Array) => object;
      Instance: new (
        module: object,
      ) => {
        readonly exports: Pick<Kernels, 'convolve'> & { readonly memory: { readonly buffer: ArrayBuffer } };
      };
    };

/** The memory is of fixed size, so that no view of it is ever detached. */
function instantiate(): Kernels | undefined {
  const octets = Buffer.from(kernelsBase64, 'base64');
  if (typeof WebAssembly === 'undefined' || !WebAssembly.validate(octets)) return undefined;
  const instance = new WebAssembly.Instance(new WebAssembly.Module(octets));
  const {
    memory: { buffer: memory },
    convolve,
  } = instance.exports;
  return {
    memory,
    input: new Int16Array(memory, INPUT_AT, INPUT_SAMPLES),
    output: new Int16Array(memory, OUTPUT_AT, OUTPUT_SAMPLES),
    convolve,
  };
}

/** Each filter is designed once, so what is placed here stays for the life of the process. */
function placeCoefficients(coefficients: Int16Array): number | undefined {
  if (kernels === undefined || nextFreeOctet + coefficients.byteLength > kernels.memory.byteLength) {
    return undefined;
  }
  const at = nextFreeOctet;
  new Int16Array(kernels.memory, at).set(coefficients);
  nextFreeOctet += coefficients.byteLength;
  return at;
}

/** The longest phase there is, 32 crossings of the steepest ratio. */
const LONGEST_PHASE_TAPS = 32 * STEEPEST_RATIO;
const INPUT_AT = 0;
const INPUT_SAMPLES = LONGEST_PHASE_TAPS + BLOCK_SAMPLES;
const OUTPUT_AT = INPUT_AT + INPUT_SAMPLES * 2;
const OUTPUT_SAMPLES = BLOCK_SAMPLES * STEEPEST_RATIO;

const kernels: Kernels | undefined = instantiate();
let nextFreeOctet = OUTPUT_AT + OUTPUT_SAMPLES * 2;
