/** G.711 mu-law, bit-exact with the tables of ITU-T G.191. @see RFC 3551 section 4.5.14 */
import type { PayloadDecoder, PayloadEncoder } from './codec.ts';
import { createTableDecoder, createTableEncoder, tabulateEncoder } from './table-codec.ts';

const SIGN_BIT = 0x80;
/** Half a step below the first segment, so that every segment begins at a power of two. In 14-bit units. */
const BIAS = 33;
const HIGHEST_BIASED = 0x1fff;
const NEGATIVE_ZERO = 0x7f;

export const pcmuDecoder: PayloadDecoder = createTableDecoder(
  Int16Array.from({ length: 256 }, (_, octet) => decodeOctet(octet)),
);

/**
 * Decodes what may be encoded again. Mu-law has two zeros; the negative one becomes the sample just below zero here, which
 * nobody hears, so that each octet comes back as it was.
 */
export const pcmuFaithfulDecoder: PayloadDecoder = createTableDecoder(
  Int16Array.from({ length: 256 }, (_, octet) => (octet === NEGATIVE_ZERO ? -1 : decodeOctet(octet))),
);

export const pcmuEncoder: PayloadEncoder = createTableEncoder(tabulateEncoder(14, encodeSample));

function decodeOctet(octet: number): number {
  const inverted = ~octet & 0xff;
  const exponent = (inverted >> 4) & 7;
  const mantissa = inverted & 0x0f;
  const magnitude = (((mantissa << 1) + BIAS) << exponent) - BIAS;
  return (octet & SIGN_BIT ? magnitude : -magnitude) << 2;
}

/** Negative samples are inverted bit by bit, not negated: G.191 takes the magnitude in ones' complement. */
function encodeSample(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 2;
  const biased = Math.min(magnitude + BIAS, HIGHEST_BIASED);
  const exponent = 31 - Math.clz32(biased) - 5;
  const mantissa = (biased >> (exponent + 1)) & 0x0f;
  return (~((exponent << 4) | mantissa) & 0x7f) | (sample < 0 ? 0 : SIGN_BIT);
}
