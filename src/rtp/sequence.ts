/** Arithmetic on numbers that wrap: sequence numbers at 16 bits, RTP timestamps at 32. */

/** How far `to` lies ahead of `from`, -32768 to 32767; negative when it lies behind. */
export function sequenceDistance(from: number, to: number): number {
  return ((to - from) << 16) >> 16;
}

export function isNewerSequence(candidate: number, reference: number): boolean {
  return sequenceDistance(reference, candidate) > 0;
}

/** The extended sequence number, counting wraps, that ends in `sequenceNumber` and lies nearest `reference`. */
export function extendSequence(reference: number, sequenceNumber: number): number {
  return reference + sequenceDistance(reference & 0xffff, sequenceNumber);
}

/** How far `to` lies ahead of `from`, as a signed 32-bit number of timestamp units. */
export function timestampDistance(from: number, to: number): number {
  return (to - from) | 0;
}
