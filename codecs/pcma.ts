/** G.711 A-law, bit-exact with the tables of ITU-T G.191. @see RFC 3551 section 4.5.14 */
import type { PayloadDecoder, PayloadEncoder } from './codec.ts';
import { createTableDecoder, createTableEncoder, tabulateEncoder } from './table-codec.ts';

const SIGN_BIT = 0x80;
/** G.711 inverts every other bit on the line, so that silence is not a row of zeros. */
const EVEN_BITS = 0x55;

export const pcmaDecoder: PayloadDecoder = createTableDecoder(
  Int16Array.from({ length: 256 }, (_, octet) => decodeOctet(octet)),
);

export const pcmaEncoder: PayloadEncoder = createTableEncoder(tabulateEncoder(12, encodeSample));

function decodeOctet(octet: number): number {
  const toggled = octet ^ EVEN_BITS;
  const exponent = (toggled >> 4) & 7;
  const mantissa = toggled & 0x0f;
  const midpoint = (mantissa << 4) + 8;
  const magnitude = exponent === 0 ? midpoint : (midpoint + 0x100) << (exponent - 1);
  return toggled & SIGN_BIT ? magnitude : -magnitude;
}

/** Negative samples are inverted bit by bit, not negated: G.191 takes the magnitude in ones' complement. */
function encodeSample(sample: number): number {
  const magnitude = (sample < 0 ? ~sample : sample) >> 4;
  const exponent = Math.max(0, 31 - Math.clz32(magnitude) - 3);
  const mantissa = (magnitude >> Math.max(0, exponent - 1)) & 0x0f;
  return ((exponent << 4) | mantissa | (sample < 0 ? 0 : SIGN_BIT)) ^ EVEN_BITS;
}
