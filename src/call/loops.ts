/**
 * The tracks that run behind the voice. What was asked for last is what plays, however long each sound takes to be had
 * and decoded: a loop that has been stopped or replaced meanwhile does not start.
 */
import { isSoundStream, type SoundSource, type SoundStream } from '../audio/sound-source.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import { pause, untilAborted } from './waiting.ts';

export interface LoopsOptions {
  readonly send: (command: MediaCommand) => void;
  readonly rateHz: number;
  readonly clips: ClipStore;
  readonly clock: Clock;
  readonly timers: Timers;
  /** 0 to 1, for loops that begin anywhere. */
  readonly random: () => number;
  readonly log: Logger;
  /** Something threw while a sound was made ready. */
  readonly onBug: (error: unknown) => void;
}

/** How a loop is to sound. */
export interface LoopForm {
  readonly gain: number;
  /** Brings the sound to this loudness; undefined leaves it as it is. */
  readonly loudnessLufs?: number | undefined;
  /** Begins anywhere in the sound, so that not every call opens with the same cough. */
  readonly startsAnywhere?: boolean;
}

export class Loops {
  readonly #options: LoopsOptions;
  /** What each track was asked to play last, while it is not yet, or still being made. */
  readonly #running = new Map<string, Running>();

  constructor(options: LoopsOptions) {
    this.#options = options;
  }

  /** Starts a track, or crosses over from what it plays now. */
  start(track: string, audio: SoundSource | SoundStream, form: LoopForm): void {
    this.#abandon(track);
    const running: Running = { abort: new AbortController(), gain: form.gain };
    this.#running.set(track, running);
    const work = isSoundStream(audio)
      ? this.#stream(track, audio, running)
      : this.#loop(track, audio, form, running);
    work.catch(this.#options.onBug).finally(() => {
      if (this.#running.get(track) === running) this.#running.delete(track);
    });
  }

  setGain(track: string, gain: number): void {
    const running = this.#running.get(track);
    if (running !== undefined) running.gain = gain;
    this.#options.send({ kind: 'set-gain', track, gain, rampMs: GAIN_RAMP_MS });
  }

  stop(track: string): void {
    this.#abandon(track);
    this.#options.send({ kind: 'stop-track', track, fadeMs: FADE_MS });
  }

  /** The session is over: nothing more starts. */
  close(): void {
    for (const track of [...this.#running.keys()]) this.#abandon(track);
  }

  async #loop(track: string, audio: SoundSource, form: LoopForm, running: Running): Promise<void> {
    const { clips, rateHz, random, send, log } = this.#options;
    const loaded = await clips.load(audio, rateHz, form.loudnessLufs);
    if (running.abort.signal.aborted) return;
    if (!loaded.ok) {
      const { reason, detail } = loaded;
      log.warn({ track, reason, detail }, 'a looping sound cannot be had and is skipped');
      return;
    }
    const clip = loaded.value;
    const fromSample = form.startsAnywhere === true ? Math.floor(random() * clip.samples.length) : 0;
    send({ kind: 'start-loop', track, clip, gain: running.gain, fadeMs: FADE_MS, fromSample });
  }

  async #stream(track: string, pieces: SoundStream, running: Running): Promise<void> {
    const { send, clock, timers, log } = this.#options;
    const { signal } = running.abort;
    let sentUntilMs: number | undefined;
    try {
      for await (const { samples, rateHz } of untilAborted(pieces, signal)) {
        if (sentUntilMs === undefined)
          send({ kind: 'start-stream', track, rateHz, gain: running.gain, fadeMs: FADE_MS });
        send({ kind: 'track-samples', track, samples });
        sentUntilMs = Math.max(sentUntilMs ?? 0, clock.nowMs()) + (samples.length * 1000) / rateHz;
        const surplusMs = sentUntilMs - clock.nowMs() - AHEAD_MS;
        if (surplusMs > 0) await pause(timers, surplusMs, signal);
      }
    } catch (error) {
      log.warn({ track, error }, 'a streamed sound broke off');
    }
    if (sentUntilMs !== undefined && !signal.aborted) send({ kind: 'end-track-stream', track });
  }

  #abandon(track: string): void {
    this.#running.get(track)?.abort.abort();
    this.#running.delete(track);
  }
}

interface Running {
  readonly abort: AbortController;
  /** May change before the sound is there. */
  gain: number;
}

/** How far a stream is taken ahead of what is heard. */
const AHEAD_MS = 2_000;
const GAIN_RAMP_MS = 20;
const FADE_MS = 20;
