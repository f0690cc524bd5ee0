import { invariant } from '../invariant.ts';
import { addSum, trackScratch } from './accumulate.ts';
import type { ClipSource } from './clip-source.ts';
import { Ducking, type DuckingOptions } from './ducking.ts';
import { Fade } from './fade.ts';
import { CROSS_FADE_MS, LEAST_FADE_MS } from './fade-times.ts';
import { LevelMeter } from './level-meter.ts';
import { LoopSource } from './loop-source.ts';
import type { MixerEvent, MixerEvents } from './mixer-event.ts';
import type { TrackState } from './mixer-state.ts';
import { StreamSource } from './stream-source.ts';
import { Track } from './track.ts';

/** The loops and clips of a mixer, by name. Those on their way out have given their name back. */
export class NamedTracks {
  /** The gains of all that was heard in the latest frame, added up. */
  bound = 0;
  readonly #tracks: NamedTrack[] = [];
  readonly #events: MixerEvents;
  readonly #rateHz: number;
  #metered = false;

  constructor(events: MixerEvents, rateHz: number) {
    this.#events = events;
    this.#rateHz = rateHz;
  }

  get count(): number {
    return this.#tracks.length;
  }

  /** Whether any track steps back under a voice. */
  get ducked(): boolean {
    for (let i = 0; i < this.#tracks.length; i++) if (this.#tracks[i]!.ducking !== undefined) return true;
    return false;
  }

  /** What was set for the name stays when its sound is replaced. `position` is the mixer's, here and below. */
  start(
    name: string,
    source: NamedSource,
    gain: number,
    fadeMs: number,
    position: number,
    soundId: number,
  ): void {
    const replaced = this.#find(name);
    if (replaced !== undefined)
      this.#dismiss(replaced, Math.max(fadeMs, CROSS_FADE_MS), 'replaced', position);
    const fade = new Fade(fadeMs > 0 ? 0 : 1);
    fade.open(this.#samples(fadeMs));
    const track = new Track(name, source, clampGain(gain), fade, soundId);
    if (replaced?.ducking !== undefined) track.ducking = this.#takeOver(replaced.ducking, {});
    if (replaced?.muted === true) track.setMuted(true, 0);
    if (replaced?.paused === true) track.setPaused(true, 0);
    if (this.#metered) track.meter = new LevelMeter();
    this.#tracks.push(track);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  setGain(name: string, gain: number, rampMs: number): boolean {
    const track = this.#find(name);
    track?.setGain(clampGain(gain), this.#samples(Math.max(rampMs, LEAST_FADE_MS)));
    return track !== undefined;
  }

  setMuted(name: string, muted: boolean): boolean {
    const track = this.#find(name);
    track?.setMuted(muted, this.#samples(LEAST_FADE_MS));
    return track !== undefined;
  }

  setPaused(name: string, paused: boolean): boolean {
    const track = this.#find(name);
    track?.setPaused(paused, this.#samples(LEAST_FADE_MS));
    return track !== undefined;
  }

  stop(name: string, fadeMs: number, position: number): boolean {
    const track = this.#find(name);
    if (track === undefined) return false;
    this.#dismiss(track, Math.max(fadeMs, LEAST_FADE_MS), 'stopped', position);
    return true;
  }

  setDucking(name: string, options: DuckingOptions | undefined): boolean {
    const track = this.#find(name);
    if (track === undefined) return false;
    if (track.ducking !== undefined) track.ducking = this.#takeOver(track.ducking, options ?? { depthDb: 0 });
    else if (options !== undefined) track.ducking = new Ducking(options, this.#rateHz);
    return true;
  }

  /** Adds the next `count` samples of every track to `sum`. */
  mixInto(sum: Float64Array, count: number, position: number, speaking: boolean): void {
    let bound = 0;
    let anyOver = false;
    for (let i = 0; i < this.#tracks.length; i++) {
      const track = this.#tracks[i]!;
      track.ducking?.drive(speaking);
      if (track.meter === undefined) track.mixInto(sum, count, position);
      else mixMeasured(track, track.meter, sum, count, position);
      bound += track.bound;
      anyOver ||= track.over;
    }
    this.bound = bound;
    if (anyOver) this.#forgetOver(position);
  }

  /** The stream of a track, to be filled; undefined when it is none, or there is no such track. */
  stream(name: string): StreamSource | undefined {
    const source = this.#find(name)?.source;
    return source instanceof StreamSource ? source : undefined;
  }

  /** Has every track's level measured from now on, or no longer. */
  meter(wanted: boolean): void {
    this.#metered = wanted;
    for (const track of this.#tracks) track.meter = wanted ? new LevelMeter() : undefined;
  }

  /** Since the last reading; those on their way out are left out. */
  readLevels(): TrackLevel[] {
    return this.#tracks.flatMap(({ name, soundId, source, meter, leaving }) => {
      if (meter === undefined || leaving) return [];
      const positionMs =
        source instanceof StreamSource ? undefined : (source.positionSamples * 1000) / this.#rateHz;
      return [{ track: name, soundId, ...meter.read(), positionMs }];
    });
  }

  /** Without streams: nobody can give their sound again. */
  snapshot(): TrackState[] {
    return this.#tracks.flatMap((track) => {
      const { name, soundId, source, wantedGain, muted, paused, ducking, leaving } = track;
      if (leaving || source instanceof StreamSource) return [];
      const kind = source instanceof LoopSource ? 'loop' : 'clip';
      const { clip, positionSamples } = source;
      return [
        {
          track: name,
          kind,
          clipHash: clip.hash,
          positionSamples,
          soundId,
          gain: wantedGain,
          muted,
          paused,
          ducking: ducking?.options,
        },
      ];
    });
  }

  #find(name: string): NamedTrack | undefined {
    return this.#tracks.find((track) => track.name === name && !track.leaving);
  }

  /** Sends a track out. Others of its name still fading hurry, so that however often a name is used few remain. */
  #dismiss(track: NamedTrack, fadeMs: number, cause: TrackEnd, position: number): void {
    track.leave(this.#samples(fadeMs));
    for (const other of this.#tracks) {
      if (other.name === track.name && other !== track) other.leave(this.#samples(CROSS_FADE_MS));
    }
    if (track.heardSamples === 0) this.#tracks.splice(this.#tracks.indexOf(track), 1);
    const { name, soundId } = track;
    this.#events.push({ kind: 'track-ended', track: name, soundId, atSamples: position, cause });
  }

  #forgetOver(position: number): void {
    let kept = 0;
    for (const track of this.#tracks) {
      if (!track.over) this.#tracks[kept++] = track;
      else if (!track.leaving) {
        const atSamples = position + track.heardSamples;
        const { name, soundId } = track;
        this.#events.push({ kind: 'track-ended', track: name, soundId, atSamples, cause: 'finished' });
      }
    }
    this.#tracks.length = kept;
  }

  #takeOver(current: Ducking, changes: Partial<DuckingOptions>): Ducking {
    return new Ducking({ ...current.options, ...changes }, this.#rateHz, current.ramp.value);
  }

  #samples(ms: number): number {
    return Math.round((ms * this.#rateHz) / 1000);
  }
}

/** What a meter read. RMS and peak are in dBFS, -120 when silent. */
export interface TrackLevel {
  readonly track: string;
  readonly soundId: number;
  readonly rmsDb: number;
  readonly peakDb: number;
  /** Where in its clip it is; undefined for a stream. */
  readonly positionMs: number | undefined;
}

export type NamedSource = LoopSource | ClipSource | StreamSource;
type NamedTrack = Track<NamedSource>;
type TrackEnd = Extract<MixerEvent, { kind: 'track-ended' }>['cause'];

function mixMeasured(
  track: NamedTrack,
  meter: LevelMeter,
  sum: Float64Array,
  count: number,
  position: number,
): void {
  trackScratch.fill(0, 0, count);
  track.mixInto(trackScratch, count, position);
  meter.measure(trackScratch, count);
  addSum(sum, trackScratch, count);
}

function clampGain(gain: number): number {
  invariant(!Number.isNaN(gain), 'a gain is checked where it enters the house');
  return Math.min(Math.max(gain, 0), GREATEST_GAIN);
}

/** +50 dB: the most that any vocabulary can ask for (jambonz `dub`). */
const GREATEST_GAIN: number = 10 ** (50 / 20);
