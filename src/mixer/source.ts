/**
 * Where a track's samples come from, in runs that lie together in memory: ask `ready`, read `samples` from
 * `offset`, then `advance`.
 */
export interface Source {
  /**
   * How many samples lie ready in a row, 0 when there are none now. `atSamples` is the mixer's position, for
   * the events of sources that have any.
   */
  ready(atSamples: number): number;
  /** Owned by the source; valid until `advance`. */
  readonly samples: Int16Array;
  readonly offset: number;
  advance(count: number): void;
  /** Nothing is left and nothing more will come. */
  readonly ended: boolean;
}
