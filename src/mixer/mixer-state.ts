import type { DuckingOptions } from './ducking.ts';

/** What a mixer's tracks need to go on in another process. Plain data. */
export interface MixerState {
  readonly rateHz: number;
  readonly tracks: readonly TrackState[];
}

export interface TrackState {
  readonly track: string;
  readonly kind: 'loop' | 'clip';
  readonly clipHash: string;
  /** In the clip, at the state's rate. */
  readonly positionSamples: number;
  readonly soundId: number;
  /** Linear: where the gain is, or where it is moving to, or would be if it were not muted. */
  readonly gain: number;
  readonly muted: boolean;
  readonly paused: boolean;
  readonly ducking: DuckingOptions | undefined;
}
