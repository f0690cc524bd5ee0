/**
 * Decoded sound at one rate, mono 16-bit linear. The samples lie on shared memory, so that every call and
 * worker that plays the clip reads the same copy.
 */
export interface Clip {
  /** SHA-256 of the source octets, hex: the name under which the clip is stored once. */
  readonly hash: string;
  readonly rateHz: number;
  readonly samples: Int16Array<SharedArrayBuffer>;
}
