import type { PolyphaseFilter } from './polyphase-filter.ts';

/** The arithmetic of a resampler, without its memory: the caller fills `input`, and reads `output`. */
export interface Convolver {
  /** History of `tapsPerPhase - 1` samples, then up to `BLOCK_SAMPLES` new ones. May be shared with others. */
  readonly input: Int16Array;
  readonly output: Int16Array;
  /** Writes `count` outputs; the first stands `position` steps of 1/up sample after the first new sample. */
  convolve(position: number, count: number): void;
}

/** The most new samples a convolver takes at once: 20 ms at 24 kHz. */
export const BLOCK_SAMPLES = 480;
/** The steepest change of rate either way, 8 to 192 kHz; the buffers are sized for it. */
export const STEEPEST_RATIO = 24;

/**
 * The convolver in plain JavaScript: what the SIMD kernel is held against, bit by bit, and what runs where there
 * is no WebAssembly.
 */
export function createReferenceConvolver(filter: PolyphaseFilter): Convolver {
  const { up, down, tapsPerPhase, coefficients, copiedTap } = filter;
  const input = new Int16Array(tapsPerPhase - 1 + BLOCK_SAMPLES);
  const output = new Int16Array(Math.ceil((BLOCK_SAMPLES * up) / down) + 1);
  return {
    input,
    output,
    convolve(position, count) {
      for (let i = 0, at = position; i < count; i++, at += down) {
        const phase = at % up;
        const oldest = (at - phase) / up;
        output[i] =
          phase === 0 && copiedTap !== undefined
            ? input[oldest + tapsPerPhase - 1 - copiedTap]!
            : dotProduct(coefficients, phase * tapsPerPhase, input, oldest, tapsPerPhase);
      }
    },
  };
}

/**
 * Four sums, as the four lanes of a SIMD register, each of every fourth pair of products: no input can make one
 * of them pass 31 bits, while their total can. So each is halved before they are added.
 */
function dotProduct(
  taps: Int16Array,
  tapsAt: number,
  samples: Int16Array,
  at: number,
  length: number,
): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  for (let i = 0; i < length; i += 8) {
    const t = tapsAt + i;
    const s = at + i;
    first += taps[t]! * samples[s]! + taps[t + 1]! * samples[s + 1]!;
    second += taps[t + 2]! * samples[s + 2]! + taps[t + 3]! * samples[s + 3]!;
    third += taps[t + 4]! * samples[s + 4]! + taps[t + 5]! * samples[s + 5]!;
    fourth += taps[t + 6]! * samples[s + 6]! + taps[t + 7]! * samples[s + 7]!;
  }
  const halfTotal = (first >> 1) + (second >> 1) + (third >> 1) + (fourth >> 1);
  const rounded = (halfTotal + HALF_OF_Q14) >> 14;
  return rounded > 32767 ? 32767 : rounded < -32768 ? -32768 : rounded;
}

const HALF_OF_Q14 = 1 << 13;
