/** Brings one sound to a track of the leg: a file as a whole, a stream or speech piece by piece. */
import type { TrackSound } from '../agent/agent.ts';
import { isSoundStream, type SoundSource, type SoundStream } from '../audio/sound-source.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import type { VoiceChoice } from '../speech/script.ts';
import type { Synthesizer } from '../speech/tts/synthesizer.ts';
import { pause, untilAborted } from './waiting.ts';

export interface TrackFeedOptions {
  readonly send: (command: MediaCommand) => void;
  readonly rateHz: number;
  readonly clips: ClipStore;
  readonly synthesizer: Synthesizer;
  readonly voiceFor: (asked: VoiceChoice) => VoiceChoice;
  readonly clock: Clock;
  readonly timers: Timers;
  /** 0 to 1, for sounds that begin anywhere. */
  readonly random: () => number;
  readonly log: Logger;
  /** Something threw while a sound was made ready. */
  readonly onBug: (error: unknown) => void;
}

/** A sound on its way to a track, or on it. */
export interface RunningSound {
  /** Ours, unlike any other of the call. */
  readonly id: number;
  readonly track: string;
  readonly sound: TrackSound;
  readonly abort: AbortController;
  /** May change before the sound is there. */
  gain: number;
}

export class TrackFeed {
  readonly #options: TrackFeedOptions;

  constructor(options: TrackFeedOptions) {
    this.#options = options;
  }

  /**
   * Resolves when all of it is with the leg: with undefined, or with why nothing of it can be heard. `onStarted` is
   * called once the leg has its beginning. An aborted sound ends without either.
   */
  feed(running: RunningSound, onStarted: () => void): Promise<string | undefined> {
    const { content } = running.sound;
    const { signal } = running.abort;
    if (content.kind === 'speech') {
      const { synthesizer, voiceFor } = this.#options;
      const request = { script: content.script, voice: voiceFor(content.voice) };
      return this.#stream(running, synthesizer.synthesize(request, signal), onStarted);
    }
    return isSoundStream(content.audio)
      ? this.#stream(running, untilAborted(content.audio, signal), onStarted)
      : this.#file(running, content.audio, onStarted);
  }

  async #file(running: RunningSound, audio: SoundSource, onStarted: () => void): Promise<string | undefined> {
    const { clips, rateHz, random, send, log } = this.#options;
    const { id: soundId, track, sound } = running;
    const loaded = await clips.load(audio, rateHz, sound.loudnessLufs);
    if (running.abort.signal.aborted) return undefined;
    if (!loaded.ok) {
      const { reason, detail } = loaded;
      log.warn({ track, reason, detail }, 'a sound for a track cannot be had and is skipped');
      return detail === undefined ? reason : `${reason}: ${detail}`;
    }
    const clip = loaded.value;
    const start = { track, clip, gain: running.gain, fadeMs: sound.fadeInMs, soundId };
    if (sound.repeats) {
      const fromSample = sound.startsAnywhere === true ? Math.floor(random() * clip.samples.length) : 0;
      send({ kind: 'start-loop', ...start, fromSample });
    } else send({ kind: 'start-clip', ...start });
    onStarted();
    return undefined;
  }

  async #stream(
    running: RunningSound,
    pieces: SoundStream,
    onStarted: () => void,
  ): Promise<string | undefined> {
    const { send, clock, timers, log } = this.#options;
    const { id: soundId, track, sound } = running;
    const { signal } = running.abort;
    let sentUntilMs: number | undefined;
    let failure: string | undefined = 'sound-empty';
    try {
      for await (const { samples, rateHz } of pieces) {
        if (signal.aborted) return undefined;
        if (sentUntilMs === undefined) {
          send({ kind: 'start-stream', track, rateHz, gain: running.gain, fadeMs: sound.fadeInMs, soundId });
          onStarted();
        }
        send({ kind: 'track-samples', track, samples });
        sentUntilMs = Math.max(sentUntilMs ?? 0, clock.nowMs()) + (samples.length * 1000) / rateHz;
        const surplusMs = sentUntilMs - clock.nowMs() - AHEAD_MS;
        if (surplusMs > 0) await pause(timers, surplusMs, signal);
      }
    } catch (error) {
      if (signal.aborted) return undefined;
      log.warn({ track, error }, 'a streamed sound broke off');
      failure = 'stream-broken';
    }
    if (signal.aborted) return undefined;
    if (sentUntilMs === undefined) return failure;
    send({ kind: 'end-track-stream', track });
    return undefined;
  }
}

/** How far a stream is taken ahead of what is heard. */
const AHEAD_MS = 2_000;
