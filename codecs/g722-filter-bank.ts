/**
 * The quadrature mirror filter that parts 16 kHz into two bands of 8 kHz, or joins them (ITU-T G.722 section 5.2.1,
 * TRANSMIT and RECEIVE QMF): 24 taps, so that with both a sample comes out 22 samples after it went in.
 */
import { saturate } from './g722-band.ts';

/** One stream's filter, for one of the two. */
export class G722FilterBank {
  readonly #history: Int32Array = new Int32Array(HISTORY);

  reset(): void {
    this.#history.fill(0);
  }

  /** Parts as many pairs of samples, `BLOCK_PAIRS` at most. */
  part(samples: Int16Array, offset: number, pairs: number, low: Int32Array, high: Int32Array): void {
    line.set(this.#history);
    for (let i = 0; i < 2 * pairs; i++) line[HISTORY + i] = samples[offset + i]!;
    for (let n = 0; n < pairs; n++) {
      const early = forwards(2 * n);
      const late = backwards(2 * n + 1);
      low[n] = (late + early) >> 14;
      high[n] = (late - early) >> 14;
    }
    this.#keep(pairs);
  }

  /** Joins as many pairs of samples, `BLOCK_PAIRS` at most. */
  join(low: Int32Array, high: Int32Array, pairs: number, samples: Int16Array, offset: number): void {
    line.set(this.#history);
    for (let n = 0; n < pairs; n++) {
      line[HISTORY + 2 * n] = low[n]! + high[n]!;
      line[HISTORY + 2 * n + 1] = low[n]! - high[n]!;
    }
    for (let n = 0; n < pairs; n++) {
      samples[offset + 2 * n] = saturate(backwards(2 * n + 1) >> 11);
      samples[offset + 2 * n + 1] = saturate(forwards(2 * n) >> 11);
    }
    this.#keep(pairs);
  }

  #keep(pairs: number): void {
    for (let i = 0; i < HISTORY; i++) this.#history[i] = line[2 * pairs + i]!;
  }
}

/** Table 11: every second of the 24 coefficients, which are the same from both ends. Written out, it is three times as fast. */
function forwards(at: number): number {
  return (
    3 * line[at]! -
    11 * line[at + 2]! +
    12 * line[at + 4]! +
    32 * line[at + 6]! -
    210 * line[at + 8]! +
    951 * line[at + 10]! +
    3876 * line[at + 12]! -
    805 * line[at + 14]! +
    362 * line[at + 16]! -
    156 * line[at + 18]! +
    53 * line[at + 20]! -
    11 * line[at + 22]!
  );
}

function backwards(at: number): number {
  return (
    -11 * line[at]! +
    53 * line[at + 2]! -
    156 * line[at + 4]! +
    362 * line[at + 6]! -
    805 * line[at + 8]! +
    3876 * line[at + 10]! +
    951 * line[at + 12]! -
    210 * line[at + 14]! +
    32 * line[at + 16]! +
    12 * line[at + 18]! -
    11 * line[at + 20]! +
    3 * line[at + 22]!
  );
}

/** Pairs of samples in a block: 20 ms. */
export const BLOCK_PAIRS = 160;
/** Samples before the newest pair that the filter reaches back to. */
const HISTORY = 22;
/** Working memory of the thread: history, then the block. */
const line: Int32Array = new Int32Array(HISTORY + 2 * BLOCK_PAIRS);
