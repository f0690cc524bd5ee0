import { linearPrediction, predictionError } from './linear-prediction.ts';

/**
 * Whether a sound that is repeated passes from its end into its beginning as if it had been recorded so: without a
 * click, without a thump under noise, and without a break in what sounds.
 */
export function closesSmoothly(samples: Int16Array, rateHz: number): boolean {
  if (samples.length === 0) return true;
  return (
    BLOCKS.every((block) => bendsWithin(samples, block)) && surpriseAtWrap(samples, rateHz) <= MOST_SURPRISE
  );
}

/**
 * How unexpected the beginning is behind the end, or the end before the beginning, whichever is less: how many times
 * worse a linear prediction does there. Noise cannot be predicted and may be cut anywhere; a tone can, and a cut in it
 * shows where no sample jumps. An onset is unexpected forwards only, a sound that stops only backwards.
 */
export function surpriseAtWrap(samples: Int16Array, rateHz: number): number {
  const window = Math.round((rateHz * WINDOW_MS) / 1000);
  if (samples.length < 2 * window) return 1;
  const end = samples.subarray(-window);
  const beginning = samples.subarray(0, window);
  return Math.min(surprise(end, beginning), surprise(beginning.toReversed(), end.toReversed()));
}

/** How many times worse the first samples of `next` are foretold than those of `known` were. */
function surprise(known: Int16Array, next: Int16Array): number {
  const coefficients = linearPrediction(known, ORDER);
  const both = Int16Array.of(...known, ...next.subarray(0, FORETOLD));
  const usual = predictionError(both, coefficients, ORDER, known.length);
  const here = predictionError(both, coefficients, known.length, both.length);
  const unheard = UNHEARD_SHARE * effectiveValue(both) + QUANTISATION;
  return (here + unheard) / (usual + unheard);
}

function effectiveValue(samples: Int16Array): number {
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}

/**
 * Whether the step and the bend at the wrap are no greater than around it, seen sample by sample (a click) and in
 * averages of longer blocks (a thump under noise).
 */
function bendsWithin(samples: Int16Array, block: number): boolean {
  const reach = Math.min(NEIGHBOURS, Math.floor(samples.length / block / 2) - 2);
  if (reach < 1) return block > 1;
  let square = 0;
  for (let i = 1; i <= reach; i++) {
    square += bendAt(samples, block, i) ** 2 + bendAt(samples, block, -1 - i) ** 2;
  }
  const limit = MOST_BEND * Math.sqrt(square / (2 * reach)) + MOST_QUANTISED_BEND;
  return Math.abs(bendAt(samples, block, 0)) <= limit && Math.abs(bendAt(samples, block, -1)) <= limit;
}

/** The second difference around block `index`, counted from the wrap; negative indices are the clip's end. */
function bendAt(samples: Int16Array, block: number, index: number): number {
  return (
    meanAt(samples, block, index - 1) - 2 * meanAt(samples, block, index) + meanAt(samples, block, index + 1)
  );
}

function meanAt(samples: Int16Array, block: number, index: number): number {
  const start = index * block + (index < 0 ? samples.length : 0);
  let total = 0;
  for (let i = start; i < start + block; i++) total += samples[i] ?? 0;
  return total / block;
}

/** Samples averaged into one: 1 finds a click, 4 and 16 a step hidden under noise. */
const BLOCKS: readonly number[] = [1, 4, 16];
const NEIGHBOURS = 32;
/** Times the effective value around it: noise stays below, a broken wave does not. */
const MOST_BEND = 3;
const MOST_QUANTISED_BEND = 4;
const WINDOW_MS = 50;
const ORDER = 16;
const FORETOLD = 16;
/** Cuts in music are at 8 and more, places within sounds at 4 and less in 99 of 100. */
const MOST_SURPRISE = 4;
const QUANTISATION = 1;
/** -40 dB: a break so far below what sounds around it is covered. */
const UNHEARD_SHARE = 0.01;
