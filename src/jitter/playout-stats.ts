/** What a frame of playout was mostly made of. `silence`: nothing was due, or a loss outlasted its concealment. */
export type PlayoutKind = 'decoded' | 'concealed' | 'comfort-noise' | 'silence';

/** Counters since the playout was made, and its two delays now. The playout writes, everyone may read. */
export interface PlayoutStats {
  /** Packets that came after their time. */
  late: number;
  /** Packets thrown away to keep the delay below its limit. */
  overflow: number;
  duplicate: number;
  /** Packets that overtook others and were played in their place. */
  reordered: number;
  /** Packets that belonged to no stream being played, or were too big. */
  refused: number;
  /** Changes to another stream or another run of numbers. */
  resyncs: number;
  concealedSamples: number;
  comfortNoiseSamples: number;
  /** Put in to lengthen, and cut out to shorten, the delay. */
  expandedSamples: number;
  compressedSamples: number;
  /** Delay that the buffer adds to the quickest packets. */
  currentDelayMs: number;
  targetDelayMs: number;
}

export function emptyPlayoutStats(): PlayoutStats {
  return {
    late: 0,
    overflow: 0,
    duplicate: 0,
    reordered: 0,
    refused: 0,
    resyncs: 0,
    concealedSamples: 0,
    comfortNoiseSamples: 0,
    expandedSamples: 0,
    compressedSamples: 0,
    currentDelayMs: 0,
    targetDelayMs: 0,
  };
}
