/**
 * ITU-T G.722 at 64 kbit/s: 16 kHz in two bands, each an adaptive difference of its own, 6 bits of the lower and 2 of the
 * upper in an octet. Names in capitals are the tables of its section 6.2.
 */
import type { PayloadDecoder, PayloadEncoder } from './codec.ts';
import { G722Band, saturate } from './g722-band.ts';
import { BLOCK_PAIRS, G722FilterBank } from './g722-filter-bank.ts';

/** Two samples for each octet, 22 samples after they were spoken. */
export class G722Decoder implements PayloadDecoder {
  readonly rateHz: number = G722_RATE_HZ;
  readonly #low = new G722Band('low');
  readonly #high = new G722Band('high');
  readonly #filterBank = new G722FilterBank();

  decode(
    payload: Uint8Array,
    payloadOffset: number,
    payloadLength: number,
    output: Int16Array,
    outputOffset: number,
  ): number {
    for (let done = 0; done < payloadLength; done += BLOCK_PAIRS) {
      const count = Math.min(BLOCK_PAIRS, payloadLength - done);
      this.#decodeLow(payload, payloadOffset + done, count);
      this.#decodeHigh(payload, payloadOffset + done, count);
      this.#filterBank.join(lowSamples, highSamples, count, output, outputOffset + 2 * done);
    }
    return 2 * payloadLength;
  }

  reset(): void {
    this.#low.reset();
    this.#high.reset();
    this.#filterBank.reset();
  }

  #decodeLow(payload: Uint8Array, offset: number, count: number): void {
    const band = this.#low;
    for (let i = 0; i < count; i++) {
      const code = payload[offset + i]! & 0x3f;
      const { step, estimate } = band;
      lowSamples[i] = limit(estimate + ((step * lowLevels[code]!) >> 15));
      band.adapt((step * lowCoarseLevels[code >> 2]!) >> 15, lowGrowth[code >> 2]!);
    }
  }

  #decodeHigh(payload: Uint8Array, offset: number, count: number): void {
    const band = this.#high;
    for (let i = 0; i < count; i++) {
      const code = payload[offset + i]! >> 6;
      const difference = (band.step * highLevels[code]!) >> 15;
      highSamples[i] = limit(band.estimate + difference);
      band.adapt(difference, highGrowth[code]!);
    }
  }
}

/** An octet for every two samples; of an odd number the last is left out. */
export class G722Encoder implements PayloadEncoder {
  readonly rateHz: number = G722_RATE_HZ;
  readonly #low = new G722Band('low');
  readonly #high = new G722Band('high');
  readonly #filterBank = new G722FilterBank();

  encode(
    samples: Int16Array,
    samplesOffset: number,
    samplesLength: number,
    output: Uint8Array,
    outputOffset: number,
  ): number {
    const pairs = samplesLength >> 1;
    for (let done = 0; done < pairs; done += BLOCK_PAIRS) {
      const count = Math.min(BLOCK_PAIRS, pairs - done);
      this.#filterBank.part(samples, samplesOffset + 2 * done, count, lowSamples, highSamples);
      this.#encodeLow(count, output, outputOffset + done);
      this.#encodeHigh(count, output, outputOffset + done);
    }
    return pairs;
  }

  #encodeLow(count: number, output: Uint8Array, offset: number): void {
    const band = this.#low;
    for (let i = 0; i < count; i++) {
      const { step } = band;
      const error = saturate(lowSamples[i]! - band.estimate);
      const magnitude = error < 0 ? ~error : error;
      let interval = magnitude < (step * lowBounds[14]!) >> 12 ? 0 : 15;
      while (interval < 29 && magnitude >= (step * lowBounds[interval]!) >> 12) interval++;
      const code = error < 0 ? (interval < 2 ? 63 : 33) - interval : 61 - interval;
      output[offset + i] = code;
      band.adapt((step * lowCoarseLevels[code >> 2]!) >> 15, lowGrowth[code >> 2]!);
    }
  }

  #encodeHigh(count: number, output: Uint8Array, offset: number): void {
    const band = this.#high;
    for (let i = 0; i < count; i++) {
      const { step } = band;
      const error = saturate(highSamples[i]! - band.estimate);
      const magnitude = error < 0 ? ~error : error;
      const isLarge = magnitude >= (step * HIGH_BOUND) >> 12;
      const code = error < 0 ? (isLarge ? 0 : 1) : isLarge ? 2 : 3;
      output[offset + i]! |= code << 6;
      band.adapt((step * highLevels[code]!) >> 15, highGrowth[code]!);
    }
  }
}

/** LIMIT: what is reconstructed has 15 bits. */
function limit(value: number): number {
  return value > 16_383 ? 16_383 : value < -16_384 ? -16_384 : value;
}

const G722_RATE_HZ = 16_000;

/** Q6: where the intervals of a low difference end, in units of the step, Q12. */
const lowBounds: Int32Array = Int32Array.of(
  ...[35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714],
  ...[786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919],
);
/** QM4, by the upper four bits of a code: what both predictors see. */
const lowCoarseLevels: Int32Array = Int32Array.of(
  ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
  ...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
);
/** QM6, by code: what is heard. */
const lowLevels: Int32Array = Int32Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704],
  ...[-14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856],
  ...[-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576],
  ...[-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728],
  ...[24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192],
  ...[10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456],
  ...[4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032],
  ...[1688, 1360, 1040, 728, 432, 136, -432, -136],
);
/** WL by RL42: how the low step grows, by the upper four bits of a code. */
const lowGrowth: Int32Array = Int32Array.of(
  ...[-60, 3042, 1198, 538, 334, 172, 58, -30],
  ...[3042, 1198, 538, 334, 172, 58, -30, -60],
);
/** Q2: where a high difference is large. */
const HIGH_BOUND = 564;
/** QM2 and WH, by code. */
const highLevels: Int32Array = Int32Array.of(-7408, -1616, 7408, 1616);
const highGrowth: Int32Array = Int32Array.of(798, -214, 798, -214);

/** Working memory of the thread: the two bands of a block. */
const lowSamples: Int32Array = new Int32Array(BLOCK_PAIRS);
const highSamples: Int32Array = new Int32Array(BLOCK_PAIRS);
