/** A ratio of amplitudes: -6 dB is about half. */
export function fromDecibels(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** Reads `-12 dB`, `+2dB` or `3.5 DB` as a linear factor; undefined for anything else. */
export function parseDecibels(text: string): number | undefined {
  const [, number] = /^\s*([+-]?\d+(?:\.\d+)?)\s*db\s*$/i.exec(text) ?? [];
  return number === undefined ? undefined : fromDecibels(Number(number));
}
