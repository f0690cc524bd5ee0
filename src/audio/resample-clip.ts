import { windowedSinc } from './windowed-sinc.ts';

/**
 * Converts a whole sound from any rate to any other, in time with the original: nothing is delayed, and
 * `round(length * toHz / fromHz)` samples come out. Better and slower than a `Resampler`, in floating point:
 * flat to 0.44 of the lower rate, 80 dB down from 0.51 of it.
 */
export function resampleClip(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  if (fromHz === toHz) return samples;
  const output = new Int16Array(Math.round((samples.length * toHz) / fromHz));
  const kernel = tabulate(fromHz, toHz);
  const { rows, reach } = kernel;
  for (let i = 0; i < output.length; i++) {
    const numerator = i * fromHz;
    const remainder = numerator % toHz;
    const oldest = (numerator - remainder) / toHz - reach + 1;
    const row = (remainder * rows) / toHz;
    const lower = Math.floor(row);
    const blend = row - lower;
    let value = dotProduct(kernel, lower, samples, oldest);
    if (blend > 0) value += blend * (dotProduct(kernel, lower + 1, samples, oldest) - value);
    output[i] = Math.max(-32768, Math.min(32767, Math.round(value)));
  }
  return output;
}

/** The filter at `rows` places between two input samples, each row `2 * reach` taps, and at the next sample. */
interface Kernel {
  readonly rows: number;
  readonly reach: number;
  readonly taps: Float32Array;
}

/**
 * Rates in a small ratio have few places for an output between two inputs, and each gets its row. Others get so
 * many rows that the line between two of them is 110 dB true.
 */
function tabulate(fromHz: number, toHz: number): Kernel {
  const cutoff = (CUTOFF * Math.min(fromHz, toHz)) / fromHz;
  const reach = Math.ceil(HALF_WIDTH_CROSSINGS / cutoff);
  const rows = Math.min(toHz / greatestCommonDivisor(fromHz, toHz), MOST_ROWS);
  const taps = new Float32Array((rows + 1) * reach * 2);
  for (let row = 0; row <= rows; row++) {
    const place = row / rows;
    let sum = 0;
    for (let i = 0; i < reach * 2; i++) {
      const t = (i - reach + 1 - place) * cutoff;
      const tap = windowedSinc(t, HALF_WIDTH_CROSSINGS, KAISER_BETA);
      taps[row * reach * 2 + i] = tap;
      sum += tap;
    }
    for (let i = 0; i < reach * 2; i++) taps[row * reach * 2 + i]! /= sum;
  }
  return { rows, reach, taps };
}

/** Beyond its ends the sound is silent. Four sums, as one would wait for itself at every addition. */
function dotProduct({ reach, taps }: Kernel, row: number, samples: Int16Array, oldest: number): number {
  const rowAt = row * reach * 2 - oldest;
  const end = Math.min(samples.length, oldest + reach * 2);
  let at = Math.max(0, oldest);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (; at + 4 <= end; at += 4) {
    a += taps[rowAt + at]! * samples[at]!;
    b += taps[rowAt + at + 1]! * samples[at + 1]!;
    c += taps[rowAt + at + 2]! * samples[at + 2]!;
    d += taps[rowAt + at + 3]! * samples[at + 3]!;
  }
  for (; at < end; at++) a += taps[rowAt + at]! * samples[at]!;
  return a + b + c + d;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

const HALF_WIDTH_CROSSINGS = 40;
const KAISER_BETA = 8;
/** Of half the lower rate: the filter's middle, so that it has done most of its work by that half. */
const CUTOFF = 0.95;
const MOST_ROWS = 1024;
