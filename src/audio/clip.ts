/**
 * Decoded sound at one rate, mono 16-bit linear. The samples lie on shared memory, so that every call and
 * worker that plays the clip reads the same copy.
 */
export interface Clip {
  /**
   * The name under which the clip is stored once: SHA-256 of the source octets in hex, and `@-30LUFS` behind it where
   * its loudness was changed.
   */
  readonly hash: string;
  readonly rateHz: number;
  readonly samples: Int16Array<SharedArrayBuffer>;
}
