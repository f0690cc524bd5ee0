import { createDotProduct, type DotProduct } from './dot-product.ts';
import { windowedSinc } from './windowed-sinc.ts';

/**
 * Converts a whole sound from any rate to any other, in time with the original: nothing is delayed, and
 * `round(length * toHz / fromHz)` samples come out. Better and slower than a `Resampler`, in floating point:
 * flat to 0.44 of the lower rate, 80 dB down from 0.51 of it. Beyond its ends a sound is silent, or goes on from its
 * other end where it is a loop that closes.
 */
export function resampleClip(
  samples: Int16Array,
  fromHz: number,
  toHz: number,
  options: ResampleClipOptions = {},
): Int16Array {
  const { isLoop = false, create = createDotProduct } = options;
  if (fromHz === toHz) return samples;
  const output = new Int16Array(Math.round((samples.length * toHz) / fromHz));
  const { rows, tapsPerRow, reach, taps } = tabulate(fromHz, toHz);
  const inputsPerBlock = Math.ceil((OUTPUTS_PER_BLOCK * fromHz) / toHz) + tapsPerRow;
  const product = create(taps, inputsPerBlock);

  for (let first = 0; first < output.length; first += OUTPUTS_PER_BLOCK) {
    const end = Math.min(output.length, first + OUTPUTS_PER_BLOCK);
    // Where an output stands: `remainder / toHz` of a sample after input number `at + reach - 1` of the block.
    let remainder = (first * fromHz) % toHz;
    let at = 0;
    const oldest = (first * fromHz - remainder) / toHz - reach + 1;
    if (isLoop) fillRound(product.samples, samples, oldest);
    else fill(product.samples, samples, oldest);
    for (let i = first; i < end; i++) {
      const row = (remainder * rows) / toHz;
      const lower = Math.floor(row);
      let value = product.of(lower * tapsPerRow, at, tapsPerRow);
      const blend = row - lower;
      if (blend > 0) value += blend * (product.of((lower + 1) * tapsPerRow, at, tapsPerRow) - value);
      output[i] = Math.max(-32768, Math.min(32767, Math.round(value)));
      for (remainder += fromHz; remainder >= toHz; remainder -= toHz) at++;
    }
  }
  return output;
}

interface ResampleClipOptions {
  readonly isLoop?: boolean;
  readonly create?: (taps: Float32Array, samples: number) => DotProduct;
}

/** Copies from `oldest` on, all round. */
function fillRound(target: Float32Array, samples: Int16Array, oldest: number): void {
  const { length } = samples;
  for (let i = 0, at = ((oldest % length) + length) % length; i < target.length; i++) {
    target[i] = samples[at]!;
    if (++at === length) at = 0;
  }
}

/** Copies from `oldest` on. Beyond its ends a sound is silent. */
function fill(target: Float32Array, samples: Int16Array, oldest: number): void {
  for (let i = 0, at = oldest; i < target.length; i++, at++) {
    target[i] = at >= 0 && at < samples.length ? samples[at]! : 0;
  }
}

/** The filter for an output at each of `rows` places between two input samples, and at the later of them. */
interface FilterTable {
  readonly rows: number;
  readonly tapsPerRow: number;
  /** How many of a row's taps are for samples up to the earlier of the two. */
  readonly reach: number;
  readonly taps: Float32Array;
}

/**
 * Rates in a small ratio have few places for an output between two inputs, and each gets its row. Others get so
 * many rows that the line between two of them is 110 dB true.
 */
function tabulate(fromHz: number, toHz: number): FilterTable {
  const cutoff = (CUTOFF * Math.min(fromHz, toHz)) / fromHz;
  const reach = Math.ceil(HALF_WIDTH_CROSSINGS / cutoff / 4) * 4;
  const tapsPerRow = reach * 2;
  const rows = Math.min(toHz / greatestCommonDivisor(fromHz, toHz), Math.ceil(ROWS_PER_CROSSING * cutoff));
  const taps = new Float32Array((rows + 1) * tapsPerRow);
  for (let row = 0; row <= rows; row++) {
    const at = row * tapsPerRow;
    let sum = 0;
    for (let i = 0; i < tapsPerRow; i++) {
      const t = (i - reach + 1 - row / rows) * cutoff;
      const tap = windowedSinc(t, HALF_WIDTH_CROSSINGS, KAISER_BETA);
      taps[at + i] = tap;
      sum += tap;
    }
    for (let i = 0; i < tapsPerRow; i++) taps[at + i]! /= sum;
  }
  return { rows, tapsPerRow, reach, taps };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

const OUTPUTS_PER_BLOCK = 1024;
const HALF_WIDTH_CROSSINGS = 40;
const KAISER_BETA = 8;
/** Of half the lower rate: the filter's middle, so that it has done most of its work by that half. */
const CUTOFF = 0.95;
const ROWS_PER_CROSSING = 1024;
