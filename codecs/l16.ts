/**
 * Raw 16-bit linear audio as agents send it: little-endian, at any octet offset. (L16 in RTP, RFC 3551
 * section 4.5.11, is big-endian; a trunk never offers it.)
 */

/** Returns the number of samples written; an odd last octet is left alone. */
export function decodeL16(
  octets: Uint8Array,
  octetsOffset: number,
  octetsLength: number,
  output: Int16Array,
  outputOffset: number,
): number {
  const samples = octetsLength >> 1;
  for (let i = 0, at = octetsOffset; i < samples; i++, at += 2) {
    output[outputOffset + i] = octets[at]! | (octets[at + 1]! << 8);
  }
  return samples;
}

/** Returns the number of octets written. */
export function encodeL16(
  samples: Int16Array,
  samplesOffset: number,
  samplesLength: number,
  output: Uint8Array,
  outputOffset: number,
): number {
  for (let i = 0, at = outputOffset; i < samplesLength; i++, at += 2) {
    const sample = samples[samplesOffset + i]!;
    output[at] = sample;
    output[at + 1] = sample >> 8;
  }
  return samplesLength * 2;
}
