import type { PayloadDecoder, PayloadEncoder } from './codec.ts';

/** A decoder for laws of one octet a sample: `table` holds the sample of each of the 256 octets. */
export function createTableDecoder(table: Int16Array): PayloadDecoder {
  return {
    rateHz: G711_RATE_HZ,
    decode(payload, payloadOffset, payloadLength, output, outputOffset) {
      for (let i = 0; i < payloadLength; i++) {
        output[outputOffset + i] = table[payload[payloadOffset + i]!]!;
      }
      return payloadLength;
    },
  };
}

/**
 * An encoder for laws of one octet a sample. `table` is indexed by the sample's uppermost bits in two's
 * complement; its length, a power of two, says how many of them the law looks at.
 */
export function createTableEncoder(table: Uint8Array): PayloadEncoder {
  const mask = table.length - 1;
  const shift = 16 - Math.log2(table.length);
  return {
    rateHz: G711_RATE_HZ,
    encode(samples, samplesOffset, samplesLength, output, outputOffset) {
      for (let i = 0; i < samplesLength; i++) {
        output[outputOffset + i] = table[(samples[samplesOffset + i]! >> shift) & mask]!;
      }
      return samplesLength;
    },
  };
}

/** Calls `encodeSample` once for each sample the table distinguishes, and lays out the table. */
export function tabulateEncoder(bits: number, encodeSample: (sample: number) => number): Uint8Array {
  const table = new Uint8Array(1 << bits);
  const shift = 16 - bits;
  for (let sample = -32768; sample < 32768; sample += 1 << shift) {
    table[(sample >> shift) & (table.length - 1)] = encodeSample(sample);
  }
  return table;
}

const G711_RATE_HZ = 8000;
