import { windowedSinc } from './windowed-sinc.ts';

/**
 * A low-pass filter cut into phases, for a change of rate by `up / down`. Output number n stands `n * down`
 * steps of 1/up input sample after the first; that position's remainder picks the phase, its quotient the newest
 * input sample the phase is laid over.
 */
export interface PolyphaseFilter {
  readonly up: number;
  readonly down: number;
  /** A multiple of sixteen, the samples in two SIMD registers: the kernel takes two at a time. */
  readonly tapsPerPhase: number;
  /** Q15, phase after phase, each with the tap for the oldest sample first. Each phase sums to 1. */
  readonly coefficients: Int16Array;
  /** Phase 0 has one tap, of 1: the output is an input sample, this many before the newest. */
  readonly copiedTap: number | undefined;
  /** Group delay, in output samples. */
  readonly delaySamples: number;
}

/** Flat to 0.85 of the lower rate's half, 70 dB down from 1.15 of it: 3.4 and 4.6 kHz when that rate is 8 kHz. */
export function designPolyphaseFilter(fromHz: number, toHz: number): PolyphaseFilter {
  const divisor = greatestCommonDivisor(fromHz, toHz);
  const up = toHz / divisor;
  const down = fromHz / divisor;
  // The zero crossings lie this many steps apart, so that the cut-off is half the lower of the two rates.
  const crossing = Math.max(up, down);
  const centre = HALF_WIDTH_CROSSINGS * crossing;
  const tapsPerPhase = Math.ceil((2 * centre) / up / TAPS_AT_A_TIME) * TAPS_AT_A_TIME;

  const coefficients = new Int16Array(up * tapsPerPhase);
  const copies = up === crossing;
  for (let phase = copies ? 1 : 0; phase < up; phase++) {
    const taps = Array.from({ length: tapsPerPhase }, (_, age) =>
      windowedSinc((phase + age * up - centre) / crossing, HALF_WIDTH_CROSSINGS, KAISER_BETA),
    );
    coefficients.set(quantise(taps.reverse()), phase * tapsPerPhase);
  }
  return {
    up,
    down,
    tapsPerPhase,
    coefficients,
    copiedTap: copies ? HALF_WIDTH_CROSSINGS : undefined,
    delaySamples: centre / down,
  };
}

/** Rounds to Q15 so that the sum is exactly 1: a phase with another gain would be an image of the sound's DC. */
function quantise(taps: readonly number[]): number[] {
  const sum = taps.reduce((total, tap) => total + tap, 0);
  const rounded = taps.map((tap) => Math.round((tap / sum) * Q15_ONE));
  const largest = rounded.indexOf(Math.max(...rounded));
  rounded[largest]! += Q15_ONE - rounded.reduce((total, tap) => total + tap, 0);
  return rounded;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Sixteen crossings each way and this beta give -74 dB before rounding, -71 dB after, in 2 ms at 8 kHz. */
const HALF_WIDTH_CROSSINGS = 16;
const KAISER_BETA = 7.3;
const TAPS_AT_A_TIME = 16;
const Q15_ONE = 32768;
