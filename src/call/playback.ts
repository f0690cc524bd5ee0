/**
 * A session's playback queue: what the agent says and plays, one after the other. Items are made ready in their order,
 * a little ahead of what is heard, so that the next sentence is synthesised while one plays.
 */

import type { SpokenPart } from '../agent/agent.ts';
import type { Clip } from '../audio/clip.ts';
import { isSoundStream, type SoundSource, type SoundStream } from '../audio/sound-source.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand, MediaEvent, PlayoutId } from '../media/command.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import type { Script, VoiceChoice } from '../speech/script.ts';
import type { Synthesizer } from '../speech/tts/synthesizer.ts';
import { HoldClock } from './hold-clock.ts';
import {
  newPlaybackItem,
  type Outcome,
  type PlaybackContent,
  type PlaybackItem,
  type ReplyRules,
  type SpeechContent,
} from './playback-item.ts';
import { spokenPart } from './spoken-part.ts';
import { pause, unlessAborted, untilAborted } from './waiting.ts';

export interface PlaybackOptions {
  readonly send: (command: MediaCommand) => void;
  readonly rateHz: number;
  readonly synthesizer: Synthesizer;
  readonly clips: ClipStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
  /** An utterance is being heard and its whole length is known. */
  readonly onSpeaking: (script: Script, durationMs: number, startedAtMs: number) => void;
  /** The first of an item is heard. */
  readonly onStarted: (rules: ReplyRules) => void;
  /** An item that had begun is over. */
  readonly onSpoken: (rules: ReplyRules, outcome: Outcome) => void;
  /** The first sound of an utterance is there, so long after it was asked for. */
  readonly onSpeechStarted: (elapsedMs: number) => void;
  readonly onSpeechFailed: () => void;
  /** Something threw while items were made ready. */
  readonly onBug: (error: unknown) => void;
}

/** What was to follow items that will not be heard. */
export interface Forgotten {
  readonly actions: readonly (() => void)[];
  readonly inputTimeoutMs: number | undefined;
}

export class Playback {
  readonly #options: PlaybackOptions;
  readonly #heardClock: HoldClock;
  /** Every item that may still give an event, in order. */
  readonly #items = new Map<PlayoutId, PlaybackItem>();
  #waiting: PlaybackItem[] = [];
  #preparing = false;
  #lastId: PlayoutId = 0;

  constructor(options: PlaybackOptions) {
    this.#options = options;
    this.#heardClock = new HoldClock(options.clock);
  }

  /** Nothing plays and nothing is to play. */
  get isIdle(): boolean {
    return this.#pending === 0;
  }

  /** Something was interrupted, and the leg has not told yet how much of it was heard. */
  get isCutting(): boolean {
    return [...this.#items.values()].some((item) => item.dropped && item.startedNowMs !== undefined);
  }

  /** Queues an utterance; undefined when there is no room for it. */
  say(script: Script, voice: VoiceChoice, rules: ReplyRules): PlayoutId | undefined {
    return this.#append({ kind: 'speech', script, voice }, rules);
  }

  play(audio: SoundSource | SoundStream, rules: ReplyRules, fromMs: number = 0): PlayoutId | undefined {
    return this.#append({ kind: 'sound', audio, fromMs }, rules);
  }

  /** Runs `action` when this item has ended; at once when it already has, or there is none. Forgotten by `interrupt`. */
  afterItem(id: PlayoutId | undefined, action: () => void): void {
    const item = id === undefined ? undefined : this.#items.get(id);
    if (item === undefined || item.dropped) action();
    else item.afterwards.push(action);
  }

  /** While the caller has us on hold nothing is heard, and no more is made than before it. */
  hold(isHeld: boolean): void {
    this.#heardClock.hold(isHeld);
  }

  /** Stops what plays, forgets everything queued, and gives back what was to follow it. */
  interrupt(): Forgotten {
    const actions: (() => void)[] = [];
    let inputTimeoutMs: number | undefined;
    for (const item of this.#items.values()) {
      if (!item.dropped) inputTimeoutMs = item.rules.inputTimeoutMs ?? inputTimeoutMs;
      item.abort.abort();
      item.dropped = true;
      actions.push(...item.afterwards.splice(0));
    }
    this.#waiting = [];
    this.#options.send({ kind: 'flush-queue' });
    return { actions, inputTimeoutMs };
  }

  /** Stops what plays, forgets everything queued, and tells nothing of it. */
  clear(): void {
    this.interrupt();
    this.#items.clear();
  }

  /** The session is over: nothing more is made and nothing more is told. */
  close(): void {
    for (const item of this.#items.values()) item.abort.abort();
    this.#items.clear();
    this.#waiting = [];
  }

  handle(event: MediaEvent & { readonly playoutId: PlayoutId }): void {
    for (const [id, item] of this.#items) {
      if (id >= event.playoutId) break;
      if (item.dropped) this.#items.delete(id);
    }
    const item = this.#items.get(event.playoutId);
    if (item === undefined) return;
    if (event.kind === 'playout-started') {
      item.startedAtMs = event.wallMs;
      item.startedNowMs = this.#heardClock.nowMs();
      // One that could not be had goes through the leg to keep its place, and nobody hears it.
      const isHeard = item.refusal === undefined || item.sentMs > 0;
      if (!item.dropped && isHeard) this.#options.onStarted(item.rules);
      this.#tellSpeaking(item);
    } else if (event.kind === 'playout-ended') {
      this.#items.delete(event.playoutId);
      const cut = event.cause === 'flushed' ? cutAt(item, event.playedMs) : undefined;
      this.#options.onSpoken(item.rules, { cut, playedMs: event.playedMs, refusal: item.refusal });
      for (const action of item.afterwards) action();
    }
  }

  get #pending(): number {
    let pending = 0;
    for (const item of this.#items.values()) if (!item.dropped) pending += 1;
    return pending;
  }

  #append(content: PlaybackContent, rules: ReplyRules): PlayoutId | undefined {
    if (this.#pending >= MOST_QUEUED) {
      this.#options.log.warn(
        { queued: this.#pending },
        'too much is queued: an utterance or sound is left out',
      );
      return undefined;
    }
    this.#lastId += 1;
    const item = newPlaybackItem(this.#lastId, content, rules);
    this.#items.set(item.id, item);
    this.#waiting.push(item);
    if (!this.#preparing) this.#prepareAll().catch(this.#options.onBug);
    return item.id;
  }

  async #prepareAll(): Promise<void> {
    this.#preparing = true;
    for (;;) {
      const item = this.#waiting.shift();
      if (item === undefined) break;
      const { content } = item;
      if (content.kind === 'speech') await this.#prepareSpeech(item, content);
      else if (isSoundStream(content.audio)) await this.#prepareStream(item, content.audio);
      else await this.#prepareSound(item, content.audio, content.fromMs);
    }
    this.#preparing = false;
  }

  async #prepareSpeech(item: PlaybackItem, { script, voice }: SpeechContent): Promise<void> {
    const { synthesizer, log, clock, onSpeechStarted, onSpeechFailed } = this.#options;
    const { signal } = item.abort;
    const askedMs = clock.nowMs();
    try {
      await this.#stream(item, synthesizer.synthesize({ script, voice }, signal), () =>
        onSpeechStarted(clock.nowMs() - askedMs),
      );
    } catch (error) {
      if (signal.aborted) return;
      log.error({ error }, 'speech could not be synthesised');
      item.refusal = 'speech-failed';
      onSpeechFailed();
    }
    this.#endStream(item);
    this.#tellSpeaking(item);
  }

  async #prepareStream(item: PlaybackItem, pieces: SoundStream): Promise<void> {
    try {
      await this.#stream(item, untilAborted(pieces, item.abort.signal), () => undefined);
    } catch (error) {
      this.#options.log.warn({ error }, 'a streamed sound broke off');
    }
    this.#endStream(item);
  }

  /** Sends an item's sound to the leg as it is made. */
  async #stream(item: PlaybackItem, pieces: SoundStream, onFirst: () => void): Promise<void> {
    const { send } = this.#options;
    const { signal } = item.abort;
    for await (const { samples, rateHz } of pieces) {
      if (signal.aborted) return;
      if (!item.opened) {
        item.opened = true;
        onFirst();
        send({ kind: 'queue-stream', playoutId: item.id, rateHz });
      }
      item.sentMs += (samples.length / rateHz) * 1000;
      send({ kind: 'stream-samples', playoutId: item.id, samples });
      await this.#untilNeeded(signal);
    }
  }

  /** An item of which nothing came is told to the leg all the same, so that its end comes in its turn. */
  #endStream(item: PlaybackItem): void {
    const { send, rateHz } = this.#options;
    if (item.abort.signal.aborted) return;
    if (!item.opened) send({ kind: 'queue-stream', playoutId: item.id, rateHz });
    send({ kind: 'stream-end', playoutId: item.id });
    item.complete = true;
  }

  async #prepareSound(item: PlaybackItem, audio: SoundSource, fromMs: number): Promise<void> {
    const { send, clips, rateHz, log } = this.#options;
    const loaded = await unlessAborted(clips.load(audio, rateHz), item.abort.signal);
    if (loaded === undefined || item.abort.signal.aborted) return;
    if (loaded.ok) {
      send({ kind: 'queue-clip', playoutId: item.id, clip: clipFrom(loaded.value, fromMs) });
      return;
    }
    const { reason, detail } = loaded;
    log.warn({ reason, detail }, 'a sound cannot be had and is skipped');
    item.refusal = reason;
    this.#endStream(item);
  }

  #tellSpeaking(item: PlaybackItem): void {
    if (item.content.kind !== 'speech' || item.told || !item.complete || item.dropped) return;
    if (item.startedAtMs === undefined || item.sentMs === 0) return;
    item.told = true;
    this.#options.onSpeaking(item.content.script, Math.round(item.sentMs), item.startedAtMs);
  }

  /** Speech is made many times faster than it is heard; a long text must not fill memory, or be made for nothing. */
  async #untilNeeded(signal: AbortSignal): Promise<void> {
    for (;;) {
      const surplusMs = this.#aheadMs() - AHEAD_MS;
      if (surplusMs <= 0 || signal.aborted) return;
      await pause(this.#options.timers, surplusMs, signal);
      if (!this.#heardClock.isHeld) return;
      await this.#heardClock.untilResumed(signal);
    }
  }

  #aheadMs(): number {
    let aheadMs = 0;
    for (const item of this.#items.values()) {
      if (item.dropped) continue;
      const heardMs = item.startedNowMs === undefined ? 0 : this.#heardClock.nowMs() - item.startedNowMs;
      aheadMs += Math.max(0, item.sentMs - heardMs);
    }
    return aheadMs;
  }
}

/** The same memory, read from further on. */
function clipFrom(clip: Clip, fromMs: number): Clip {
  if (fromMs <= 0) return clip;
  return { ...clip, samples: clip.samples.subarray(Math.round((fromMs * clip.rateHz) / 1000)) };
}

/** What was heard of an item; its length is known once all of it has been made. */
function cutAt({ content, complete, sentMs }: PlaybackItem, playedMs: number): SpokenPart {
  if (content.kind === 'sound') return { playedMs: Math.round(playedMs), text: '' };
  return spokenPart(content.script, playedMs, complete ? sentMs : undefined);
}

/** How far speech is made ahead of what is heard. */
const AHEAD_MS = 30_000;
const MOST_QUEUED = 50;
