import type { Clip } from '../audio/clip.ts';
import { invariant } from '../invariant.ts';
import { levelDbOf, peakOf, SILENCE_DB, sumScratch } from './accumulate.ts';
import { ClipSource } from './clip-source.ts';
import type { DuckingOptions } from './ducking.ts';
import { Fade } from './fade.ts';
import { CROSS_FADE_MS, GAIN_RAMP_MS } from './fade-times.ts';
import { GainRamp } from './gain-ramp.ts';
import { writeSum } from './limiter.ts';
import { LiveInput } from './live-input.ts';
import { LoopSource } from './loop-source.ts';
import { type MixerEvent, MixerEvents } from './mixer-event.ts';
import type { MixerState } from './mixer-state.ts';
import { type NamedSource, NamedTracks, type TrackLevel } from './named-tracks.ts';
import { StreamSource } from './stream-source.ts';
import { Track } from './track.ts';
import { Voice } from './voice.ts';

export interface MixerOptions {
  readonly rateHz: number;
  /** The most that the live input holds for an agent that sends faster than speech. */
  readonly liveLimitMs?: number;
}

/**
 * Everything that the phone hears, added up frame by frame: the playback queue, the live input and any number of
 * named tracks. A command acts on the next frame. Gains are linear. A pull allocates nothing.
 */
export class Mixer {
  readonly rateHz: number;
  /** Where a raw audio agent's sound goes in. */
  readonly live: LiveInput;
  /** Where the other party goes in, of a leg that is joined with another. */
  readonly joined: LiveInput;
  /** Have `speechDb` measured with each pull. */
  measuresSpeech = false;
  /** How loud queue and live input together were in the latest frame, as RMS in dBFS; -120 when silent. */
  speechDb: number = SILENCE_DB;
  readonly #liveTrack: Track<LiveInput>;
  readonly #joinedTrack: Track<LiveInput>;
  readonly #voice: Voice;
  /** Of all but the tracks. */
  readonly #mainGain: GainRamp = new GainRamp(1);
  readonly #tracks: NamedTracks;
  readonly #events: MixerEvents = new MixerEvents();
  #positionSamples = 0;

  constructor(options: MixerOptions) {
    const { rateHz, liveLimitMs = LIVE_LIMIT_MS } = options;
    this.rateHz = rateHz;
    this.live = new LiveInput({ rateHz, limitMs: liveLimitMs });
    this.#liveTrack = new Track('', this.live, 1, new Fade(1));
    this.joined = new LiveInput({ rateHz, limitMs: JOINED_LIMIT_MS });
    this.#joinedTrack = new Track('', this.joined, 1, new Fade(1));
    this.#voice = new Voice(this.#events, rateHz);
    this.#tracks = new NamedTracks(this.#events, rateHz);
  }

  /** Nothing plays and nothing waits, not even in silence; what the other party says does not count. */
  get isIdle(): boolean {
    return (
      this.#tracks.count === 0 &&
      !this.#voice.active &&
      this.live.queuedSamples === 0 &&
      this.#mainGain.steady &&
      this.#mainGain.value === 1
    );
  }

  /** Samples pulled since the mixer began: the time axis of its events. */
  get positionSamples(): number {
    return this.#positionSamples;
  }

  /** Silence that was heard because the samples of a playing stream came late. */
  get underrunSamples(): number {
    return this.#voice.underrunSamples;
  }

  /**
   * Writes the next frame: 20 ms at 48 kHz at most. False when nothing is being played, not even a pause or a
   * silent loop; the frame is silence then and need not be sent.
   */
  pull(frame: Int16Array): boolean {
    const count = frame.length;
    const position = this.#positionSamples;
    this.#positionSamples += count;
    const tracks = this.#tracks.count > 0;
    const voice = this.#voice.active;
    invariant(count <= sumScratch.length, 'a frame is 20 ms at 48 kHz or less');
    sumScratch.fill(0, 0, count);
    this.#liveTrack.mixInto(sumScratch, count, position);
    this.#joinedTrack.mixInto(sumScratch, count, position);
    let bound = this.#liveTrack.bound + this.#joinedTrack.bound;
    if (!tracks && !voice && bound === 0) {
      this.speechDb = SILENCE_DB;
      frame.fill(0);
      return false;
    }
    if (voice) {
      this.#voice.mixInto(sumScratch, count, position);
      bound += this.#voice.bound;
    }
    if (!this.#mainGain.steady || this.#mainGain.value !== 1) bound *= this.#amplifySum(count);
    if (this.measuresSpeech) this.speechDb = levelDbOf(sumScratch, count);
    if (tracks) {
      this.#tracks.mixInto(sumScratch, count, position, this.#speaking(voice, count));
      bound += this.#tracks.bound;
    }
    writeSum(sumScratch, frame, bound);
    return true;
  }

  /** What happened since the last call, undefined when nothing. The array is the caller's. */
  takeEvents(): readonly MixerEvent[] | undefined {
    return this.#events.take();
  }

  /** Appends a whole clip to the playback queue. */
  queueClip(playoutId: number, clip: Clip): void {
    this.#checkRate(clip);
    this.queueStream(playoutId);
    this.appendSamples(playoutId, clip.samples);
    this.endStream(playoutId);
  }

  /** Appends an item whose samples come later; it starts with the first of them. */
  queueStream(playoutId: number): void {
    this.#voice.queue.open(playoutId);
  }

  /** Samples at the mixer's rate, kept and not copied. They are dropped when the item is no longer queued. */
  appendSamples(playoutId: number, samples: Int16Array): void {
    this.#voice.queue.append(playoutId, samples);
  }

  endStream(playoutId: number): void {
    this.#voice.queue.complete(playoutId);
  }

  /** Stops what plays, within 5 ms and without a click, and forgets what waits. What is queued next starts at once. */
  flushQueue(): void {
    this.#voice.flush(this.#positionSamples);
  }

  /**
   * Starts a looping track, at its first sample or another. A sound that runs under that name crosses over to it, in
   * 20 ms or a longer `fadeMs`.
   */
  startLoop(
    track: string,
    clip: Clip,
    gain: number,
    fadeMs: number,
    fromSample = 0,
    soundId: number = UNNUMBERED,
  ): void {
    this.#checkRate(clip);
    this.#crossOver(track, new LoopSource(clip, fromSample), gain, fadeMs, soundId);
  }

  /** Starts a track whose sound comes piece by piece, by `trackStream`. */
  startStream(track: string, gain: number, fadeMs: number, soundId: number = UNNUMBERED): void {
    this.#crossOver(track, new StreamSource(), gain, fadeMs, soundId);
  }

  /** Where the pieces of a track go; undefined when it has been stopped, replaced, or is no stream. */
  trackStream(track: string): StreamSource | undefined {
    return this.#tracks.stream(track);
  }

  /** Plays a clip once, over everything else, on a track of its own. */
  startClip(track: string, clip: Clip, gain: number, fadeMs = 0, soundId: number = UNNUMBERED): void {
    this.#checkRate(clip);
    this.#crossOver(track, new ClipSource(clip), gain, fadeMs, soundId);
  }

  /** How loud everything is that is on no track. */
  amplify(gain: number): void {
    this.#mainGain.moveTo(gain, (GAIN_RAMP_MS * this.rateHz) / 1000);
  }

  /** False when there is no such track. */
  setGain(track: string, gain: number, rampMs: number = GAIN_RAMP_MS): boolean {
    return this.#tracks.setGain(track, gain, rampMs);
  }

  /** Silences a track, in 5 ms; its sound goes on unheard. */
  setMuted(track: string, muted: boolean): boolean {
    return this.#tracks.setMuted(track, muted);
  }

  /** Lets a track stand still, in 5 ms, and go on where it was. */
  setPaused(track: string, paused: boolean): boolean {
    return this.#tracks.setPaused(track, paused);
  }

  /** Has the tracks' levels measured, for `readLevels`. */
  meterTracks(wanted: boolean): void {
    this.#tracks.meter(wanted);
  }

  readLevels(): TrackLevel[] {
    return this.#tracks.readLevels();
  }

  /** Fades a track out, in 5 ms at least; its name is free at once. False when there is no such track. */
  stopTrack(track: string, fadeMs: number): boolean {
    return this.#tracks.stop(track, fadeMs, this.#positionSamples);
  }

  /** Makes a track step back under the voice; it stays with the name when the sound is replaced. */
  setDucking(track: string, options: DuckingOptions | undefined): boolean {
    return this.#tracks.setDucking(track, options);
  }

  /** The named tracks as they are now, for a call that is to outlive this process or thread. What is fading out and what is queued is not part of it. */
  snapshot(): MixerState {
    return { rateHz: this.rateHz, tracks: this.#tracks.snapshot() };
  }

  /** Takes up a snapshot's tracks at the sample where they were. Returns the names of those whose clip is missing. */
  restore(state: MixerState, clipsByHash: ReadonlyMap<string, Clip>): string[] {
    const missing: string[] = [];
    for (const saved of state.tracks) {
      const { track, kind, clipHash, positionSamples, soundId, gain, muted, paused, ducking } = saved;
      const clip = clipsByHash.get(clipHash);
      if (clip === undefined) {
        missing.push(track);
        continue;
      }
      this.#checkRate(clip);
      const position = Math.round((positionSamples * this.rateHz) / state.rateHz);
      const source = kind === 'loop' ? new LoopSource(clip, position) : new ClipSource(clip, position);
      this.#tracks.start(track, source, gain, CROSS_FADE_MS, this.#positionSamples, soundId);
      if (muted) this.#tracks.setMuted(track, true);
      if (paused) this.#tracks.setPaused(track, true);
      this.#tracks.setDucking(track, ducking);
    }
    return missing;
  }

  /** Gives back the greatest gain that was put to a sample. */
  #amplifySum(count: number): number {
    const most = Math.max(this.#mainGain.value, this.#mainGain.target);
    this.#mainGain.shape(sumScratch, count);
    return most;
  }

  #crossOver(track: string, source: NamedSource, gain: number, fadeMs: number, soundId: number): void {
    const fadeInMs = this.#tracks.has(track) ? Math.max(fadeMs, CROSS_FADE_MS) : fadeMs;
    this.#tracks.start(track, source, gain, fadeInMs, this.#positionSamples, soundId);
  }

  #speaking(voice: boolean, count: number): boolean {
    if (!this.#tracks.ducked) return false;
    return (voice && this.#voice.speaking) || peakOf(sumScratch, count) > SPEECH_PEAK;
  }

  #checkRate(clip: Clip): void {
    invariant(clip.rateHz === this.rateHz, 'a clip is resampled before it reaches the mixer');
  }
}

/** Of sounds that nobody tells apart from others of their track. */
const UNNUMBERED = 0;
const LIVE_LIMIT_MS = 60_000;
/** It is pulled with each frame that is put in. */
const JOINED_LIMIT_MS = 100;
/** -50 dBFS: a live input that sends its pauses too is quieter than this in them. */
const SPEECH_PEAK = 104;
