/**
 * An ambience for the whole session, a sound while the agent thinks, and any other sound on demand: all of them mixed
 * under the voice, none of them queued with it, and none touched by what the caller says.
 *
 *     const player = new BackgroundPlayer({ submit, timers, random, ambientSound: 'office' });
 *     player.start();
 *     const handle = player.play({ source: 'hold-music', volume: 0.5 });
 *     await handle.waitForPlayout();
 *
 * `submit` and `handle` join it to a session: an agent that owns one passes its host's `submit`, hands each event on,
 * and sets `followsState`.
 */
import type { Timers } from '../../clock.ts';
import type { AgentCommand, AgentEvent, ConversationState } from '../agent.ts';
import {
  type BackgroundAudio,
  type BackgroundSound,
  backgroundSoundOf,
  isList,
  isStream,
  soundSourceOf,
} from './background-sound.ts';
import { chooseSound } from './choose-sound.ts';
import { type PlayHandle, Playing } from './play-handle.ts';

export interface BackgroundPlayerOptions {
  readonly submit: (batch: readonly AgentCommand[]) => void;
  readonly timers: Timers;
  /** 0 to 1, for choices. */
  readonly random: () => number;
  /** Loops from `start` to `close`; from a list one is chosen at each start. A stream is played once. */
  readonly ambientSound?: BackgroundAudio | undefined;
  /** Loops while the agent thinks; from a list one is chosen each time. */
  readonly thinkingSound?: BackgroundAudio | undefined;
}

export class BackgroundPlayer {
  readonly #options: BackgroundPlayerOptions;
  readonly #playing = new Map<number, Playing>();
  #isRunning = false;
  #ambience: Playing | undefined;
  #thinking: Playing | undefined;
  #lastSoundId = 0;

  constructor(options: BackgroundPlayerOptions) {
    this.#options = options;
  }

  /** Whether it wants `state-changed`. */
  get followsState(): boolean {
    return this.#options.thinkingSound !== undefined;
  }

  /** Begins, or begins anew after `close`. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    const sound = this.#choose(this.#options.ambientSound);
    if (sound !== undefined) this.#ambience = this.#launch(AMBIENT_TRACK, sound, !isStream(sound.source), 0);
  }

  /** Throws unless started, and `TypeError` for a stream that is to be looped. */
  play(audio: BackgroundAudio, loop = false): PlayHandle {
    if (!this.#isRunning) throw new Error('the background player is not started');
    const sound = this.#choose(audio);
    if (sound === undefined) return nothing();
    if (loop && isStream(sound.source)) throw new TypeError('a stream of frames cannot be looped');
    return this.#launch(undefined, sound, loop, 0);
  }

  handle(event: AgentEvent): void {
    if (!this.#isRunning) return;
    if (event.kind === 'state-changed') this.#follow(event.state);
    if (event.kind !== 'track-sound-ended') return;
    const playing = this.#playing.get(event.soundId);
    this.#playing.delete(event.soundId);
    playing?.ended(event.cause === 'refused' ? event.reason : undefined);
  }

  /** Stops everything. */
  close(): void {
    if (!this.#isRunning) return;
    for (const playing of [...this.#playing.values()]) {
      playing.stop();
      playing.end();
    }
    this.#playing.clear();
    this.#isRunning = false;
  }

  /** The ambience that `start` chose; undefined when there is none. */
  get ambience(): PlayHandle | undefined {
    return this.#ambience;
  }

  #follow(state: ConversationState): void {
    if (state !== 'thinking') {
      this.#thinking?.stop();
      return;
    }
    if (this.#thinking?.done() === false) return;
    const sound = this.#choose(this.#options.thinkingSound);
    if (sound === undefined) return;
    const loops = sound.loop !== false && !isStream(sound.source);
    this.#thinking = this.#launch(undefined, sound, loops, THINKING_AFTER_MS);
  }

  #choose(audio: BackgroundAudio | undefined): BackgroundSound | undefined {
    if (audio === undefined) return undefined;
    if (!isList(audio)) return backgroundSoundOf(audio);
    return chooseSound(audio.map(backgroundSoundOf), this.#options.random);
  }

  #launch(
    track: string | undefined,
    sound: BackgroundSound,
    repeats: boolean,
    usualDelayMs: number,
  ): Playing {
    const { submit, timers } = this.#options;
    this.#lastSoundId += 1;
    const soundId = this.#lastSoundId;
    // Of its own where nothing else is to take its place: sounds are mixed, and none replaces another.
    const ownTrack = track ?? `background-${soundId}`;
    const { source, volume = 1, fadeIn = 0, fadeOut = 0, startAfterMs = usualDelayMs } = sound;
    let gain = volume;
    let hasBegun = false;
    const begin = () => {
      hasBegun = true;
      submit([
        {
          kind: 'play-on-track',
          track: ownTrack,
          soundId,
          when: 'at-once',
          sound: {
            content: { kind: 'sound', audio: soundSourceOf(source) },
            repeats,
            gain,
            fadeInMs: Math.max(fadeIn * 1000, repeats ? LOOP_FADE_MS : 0),
            ducking: sound.ducking,
            loudnessLufs: sound.loudnessLufs,
            startsAnywhere: sound.startsAnywhere === true,
          },
        },
      ]);
    };
    let cancelStart: (() => void) | undefined;
    const playing = new Playing({
      stop: () => {
        cancelStart?.();
        if (!hasBegun) return 0;
        const fadeMs = fadeOut * 1000;
        submit([{ kind: 'stop-loop', track: ownTrack, fadeMs: Math.max(fadeMs, LOOP_FADE_MS) }]);
        return fadeMs;
      },
      setVolume: (wanted, rampMs) => {
        gain = wanted;
        if (hasBegun) submit([{ kind: 'adjust-track', track: ownTrack, gain, rampMs }]);
      },
      later: (delayMs, act) => timers.schedule(delayMs, act),
    });
    this.#playing.set(soundId, playing);
    void playing.waitForPlayout().then(() => this.#playing.delete(soundId));
    if (startAfterMs > 0) cancelStart = timers.schedule(startAfterMs, begin);
    else begin();
    return playing;
  }
}

/** The choice fell on silence. */
function nothing(): PlayHandle {
  const silent = new Playing({ stop: () => 0, setVolume: () => undefined, later: () => () => undefined });
  silent.end();
  return silent;
}

/** The one that other vocabularies call the ambience: what they play there takes its place. */
const AMBIENT_TRACK = 'ambience';
const LOOP_FADE_MS = 20;
/** Less is heard as a blip before a quick answer. */
const THINKING_AFTER_MS = 400;
