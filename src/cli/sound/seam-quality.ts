import { surpriseAtWrap } from '../../audio/closes-smoothly.ts';

/** How a loop passes from its end into its beginning. */
export interface SeamQuality {
  /** The jump from the last sample to the first, in 16-bit units. */
  readonly step: number;
  /** How many times worse the beginning is foretold than what is before it; above 4 it is a cut. */
  readonly surprise: number;
  /**
   * How far the wrap's 8 ms stand out above the loudest other 8 ms within 0.4 s, in the highest octave, where a click
   * is. Below 0 it is covered.
   */
  readonly splashDb: number;
}

export function seamQuality(loop: Int16Array, rateHz: number): SeamQuality {
  const around = aroundWrap(loop, rateHz);
  const step = loop.length === 0 ? 0 : Math.abs(loop[0]! - loop.at(-1)!);
  return {
    step,
    surprise: surpriseAtWrap(loop, rateHz),
    splashDb: splashDb(around, around.length / 2, rateHz),
  };
}

/** The end of a round and the beginning of the next, half a second each where there is as much. */
export function aroundWrap(loop: Int16Array, rateHz: number): Int16Array {
  const half = Math.min(loop.length, Math.round(rateHz / 2));
  const around = new Int16Array(half * 2);
  around.set(loop.subarray(loop.length - half));
  around.set(loop.subarray(0, half), half);
  return around;
}

function splashDb(played: Int16Array, wrap: number, rateHz: number): number {
  const window = Math.round(rateHz * 0.008);
  const reach = Math.round(rateHz * 0.4);
  const here = highestOctave(played, wrap - window / 2, window);
  let loudest = LEAST;
  for (let at = wrap - reach; at + window <= wrap + reach; at += window / 4) {
    const isApart = at + window <= wrap - window / 2 || at >= wrap + window / 2;
    if (isApart && at >= 2 && at + window < played.length)
      loudest = Math.max(loudest, highestOctave(played, Math.round(at), window));
  }
  return 10 * Math.log10(Math.max(here, LEAST) / loudest);
}

/** Mean square of the second difference: 12 dB an octave upwards, so that the highest one is nearly all of it. */
function highestOctave(samples: Int16Array, from: number, length: number): number {
  let square = 0;
  for (let i = Math.round(from); i < from + length; i += 1) {
    square += ((samples[i + 1] ?? 0) - 2 * (samples[i] ?? 0) + (samples[i - 1] ?? 0)) ** 2;
  }
  return square / length;
}

/** What quantisation leaves of digital silence. */
const LEAST = 1;
