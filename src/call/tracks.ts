/**
 * The tracks that run behind the voice, each with what it plays and what waits behind it. What was asked for last is
 * what plays, however long each sound takes to be had and decoded: one that has been stopped or replaced meanwhile does
 * not start, and until the new one is there the old one goes on.
 */
import type { AgentCommand, AgentEvent, DuckingRule, TrackSound } from '../agent/agent.ts';
import type { MediaEvent } from '../media/command.ts';
import { type RunningSound, TrackFeed, type TrackFeedOptions } from './track-feed.ts';

export interface TracksOptions extends TrackFeedOptions {
  /** Tracks with a sound at a time. */
  readonly mostTracks: number;
}

/** What becomes of a sound. */
export type TrackSoundNews =
  | { readonly kind: 'started' }
  | (Pick<Extract<AgentEvent, { kind: 'track-sound-ended' }>, 'cause' | 'reason'> & {
      readonly kind: 'ended';
    });

type Tell = (news: TrackSoundNews) => void;
type Adjustment = Omit<Extract<AgentCommand, { kind: 'adjust-track' }>, 'kind' | 'track'>;

export class Tracks {
  readonly #options: TracksOptions;
  readonly #feed: TrackFeed;
  /** Those with a sound, or one on its way. */
  readonly #lanes = new Map<string, Lane>();
  #lastId = 0;
  #isHushed = false;

  constructor(options: TracksOptions) {
    this.#options = options;
    this.#feed = new TrackFeed(options);
  }

  /** Plays a sound in place of all that the track has. */
  play(track: string, sound: TrackSound, tell: Tell): void {
    const lane = this.#laneFor(track, tell);
    if (lane === undefined) return;
    for (const { tell: tellForgotten } of lane.waiting.splice(0))
      tellForgotten({ kind: 'ended', cause: 'replaced' });
    end(lane.coming, 'replaced');
    this.#begin(lane, track, { sound, tell });
  }

  /** Plays a sound when all before it on the track have ended; behind a loop it is never heard. */
  append(track: string, sound: TrackSound, tell: Tell): void {
    const lane = this.#laneFor(track, tell);
    if (lane === undefined) return;
    if (lane.playing === undefined && lane.coming === undefined) this.#begin(lane, track, { sound, tell });
    else if (lane.waiting.length < MOST_WAITING) lane.waiting.push({ sound, tell });
    else this.#refuse(track, tell, 'too-much-queued', MOST_WAITING);
  }

  adjust(track: string, { gain, rampMs = GAIN_RAMP_MS, muted, paused, ducking }: Adjustment): void {
    const { send } = this.#options;
    const lane = this.#lanes.get(track);
    if (lane === undefined) return;
    if (gain !== undefined) {
      if (lane.coming !== undefined) lane.coming.gain = gain;
      send({ kind: 'set-gain', track, gain, rampMs });
    }
    if (muted !== undefined) {
      lane.muted = muted;
      send({ kind: 'mute-track', track, muted });
    }
    if (paused !== undefined) {
      lane.paused = paused;
      send({ kind: 'pause-track', track, paused: paused || this.#isHushed });
    }
    if (ducking !== undefined) {
      lane.ducking = ducking === 'off' ? undefined : ducking;
      send({ kind: 'set-ducking', track, ducking: lane.ducking });
    }
  }

  /** All of them stand still, or go on as they were. */
  hush(isHushed: boolean): void {
    this.#isHushed = isHushed;
    for (const [track, { paused }] of this.#lanes)
      this.#options.send({ kind: 'pause-track', track, paused: paused || isHushed });
  }

  stopAll(): void {
    for (const track of [...this.#lanes.keys()]) this.stop(track);
  }

  stop(track: string, fadeMs: number = FADE_MS): void {
    const lane = this.#lanes.get(track);
    this.#lanes.delete(track);
    this.#options.send({ kind: 'stop-track', track, fadeMs });
    if (lane === undefined) return;
    end(lane.playing, 'stopped');
    end(lane.coming, 'stopped');
    for (const { tell } of lane.waiting) tell({ kind: 'ended', cause: 'stopped' });
  }

  handle({ track, soundId, cause }: Extract<MediaEvent, { kind: 'track-ended' }>): void {
    const lane = this.#lanes.get(track);
    // What was stopped or replaced has been told as such when we asked for it.
    if (cause !== 'finished' || lane?.playing?.id !== soundId) return;
    const { playing } = lane;
    lane.playing = undefined;
    this.#next(lane, track);
    playing.tell({ kind: 'ended', cause: 'finished' });
  }

  /** The session is over: nothing more starts, and nothing more is told. */
  close(): void {
    for (const { playing, coming } of this.#lanes.values()) {
      playing?.abort.abort();
      coming?.abort.abort();
    }
    this.#lanes.clear();
  }

  #laneFor(track: string, tell: Tell): Lane | undefined {
    let lane = this.#lanes.get(track);
    if (lane !== undefined) return lane;
    const { mostTracks } = this.#options;
    if (this.#lanes.size >= mostTracks) {
      this.#refuse(track, tell, 'too-many-tracks', mostTracks);
      return undefined;
    }
    lane = { waiting: [], muted: false, paused: false };
    this.#lanes.set(track, lane);
    return lane;
  }

  #refuse(track: string, tell: Tell, reason: string, most: number): void {
    this.#options.log.warn({ track, reason, most }, 'a sound for a track is refused');
    tell({ kind: 'ended', cause: 'refused', reason });
  }

  #begin(lane: Lane, track: string, { sound, tell }: Waiting): void {
    this.#lastId += 1;
    const running: Told = {
      id: this.#lastId,
      track,
      sound,
      abort: new AbortController(),
      gain: sound.gain,
      tell,
    };
    lane.coming = running;
    this.#feed
      .feed(running, () => this.#started(lane, running))
      .then((refusal) => {
        if (refusal === undefined || running.abort.signal.aborted) return;
        lane.coming = undefined;
        if (lane.playing === undefined) this.#next(lane, track);
        tell({ kind: 'ended', cause: 'refused', reason: refusal });
      })
      .catch(this.#options.onBug);
  }

  #started(lane: Lane, running: Told): void {
    const { send } = this.#options;
    const { track, sound, tell } = running;
    const replaced = lane.playing;
    lane.playing = running;
    lane.coming = undefined;
    if (sound.ducking !== lane.ducking) send({ kind: 'set-ducking', track, ducking: sound.ducking });
    lane.ducking = sound.ducking;
    if (lane.muted) send({ kind: 'mute-track', track, muted: true });
    if (lane.paused || this.#isHushed) send({ kind: 'pause-track', track, paused: true });
    end(replaced, 'replaced');
    tell({ kind: 'started' });
  }

  #next(lane: Lane, track: string): void {
    const next = lane.waiting.shift();
    if (next !== undefined) this.#begin(lane, track, next);
    else if (lane.coming === undefined) this.#lanes.delete(track);
  }
}

interface Waiting {
  readonly sound: TrackSound;
  readonly tell: Tell;
}

interface Told extends RunningSound {
  readonly tell: Tell;
}

interface Lane {
  playing?: Told | undefined;
  /** Asked for and not there yet. */
  coming?: Told | undefined;
  readonly waiting: Waiting[];
  muted: boolean;
  paused: boolean;
  ducking?: DuckingRule | undefined;
}

function end(running: Told | undefined, cause: 'stopped' | 'replaced'): void {
  running?.abort.abort();
  running?.tell({ kind: 'ended', cause });
}

/** How every sound that an agent starts or stops at once fades. */
export const FADE_MS = 20;
const GAIN_RAMP_MS = 20;
const MOST_WAITING = 50;
