/**
 * A session's playback queue: what the agent says and plays, one after the other. Items are made ready in their order,
 * a little ahead of what is heard, so that the next sentence is synthesised while one plays.
 */
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand, MediaEvent, PlayoutId } from '../media/command.ts';
import type { Script, VoiceChoice } from '../speech/script.ts';
import type { Synthesizer } from '../speech/tts/synthesizer.ts';
import type { ClipStore } from './clip-store.ts';

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
  /** An item that had begun is over. */
  readonly onSpoken: () => void;
  /** The first sound of an utterance is there, so long after it was asked for. */
  readonly onSpeechStarted: (elapsedMs: number) => void;
  readonly onSpeechFailed: () => void;
}

export class Playback {
  readonly #options: PlaybackOptions;
  /** Every item that may still give an event, in order. */
  readonly #items = new Map<PlayoutId, Item>();
  #waiting: Item[] = [];
  #preparing = false;
  #lastId: PlayoutId = 0;

  constructor(options: PlaybackOptions) {
    this.#options = options;
  }

  say(script: Script, voice: VoiceChoice): PlayoutId {
    return this.#append({ kind: 'speech', script, voice });
  }

  play(audio: Uint8Array): PlayoutId {
    return this.#append({ kind: 'sound', audio });
  }

  /** Runs `action` when this item has ended; at once when it already has. Forgotten by `interrupt`. */
  afterItem(id: PlayoutId, action: () => void): void {
    const item = this.#items.get(id);
    if (item === undefined || item.dropped) action();
    else item.afterwards.push(action);
  }

  /** Stops what plays and forgets everything queued, with what was to follow it. */
  interrupt(): void {
    for (const item of this.#items.values()) {
      item.abort.abort();
      item.dropped = true;
      item.afterwards = [];
    }
    this.#waiting = [];
    this.#options.send({ kind: 'flush-queue' });
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
      item.startedNowMs = this.#options.clock.nowMs();
      this.#tellSpeaking(item);
    } else if (event.kind === 'playout-ended') {
      this.#items.delete(event.playoutId);
      this.#options.onSpoken();
      for (const action of item.afterwards) action();
    }
  }

  #append(content: Content): PlayoutId {
    this.#lastId += 1;
    const item: Item = {
      id: this.#lastId,
      content,
      abort: new AbortController(),
      dropped: false,
      sentMs: 0,
      complete: false,
      told: false,
      startedAtMs: undefined,
      startedNowMs: undefined,
      afterwards: [],
    };
    this.#items.set(item.id, item);
    this.#waiting.push(item);
    if (!this.#preparing) void this.#prepareAll();
    return item.id;
  }

  async #prepareAll(): Promise<void> {
    this.#preparing = true;
    for (;;) {
      const item = this.#waiting.shift();
      if (item === undefined) break;
      if (item.content.kind === 'speech') await this.#prepareSpeech(item, item.content);
      else this.#prepareSound(item, item.content.audio);
    }
    this.#preparing = false;
  }

  async #prepareSpeech(item: Item, { script, voice }: SpeechContent): Promise<void> {
    const { send, synthesizer, log, clock } = this.#options;
    const { signal } = item.abort;
    const askedMs = clock.nowMs();
    let open = false;
    try {
      for await (const chunk of synthesizer.synthesize({ script, voice }, signal)) {
        if (signal.aborted) return;
        if (!open) {
          open = true;
          this.#options.onSpeechStarted(clock.nowMs() - askedMs);
          send({ kind: 'queue-stream', playoutId: item.id, rateHz: chunk.rateHz });
        }
        item.sentMs += (chunk.samples.length / chunk.rateHz) * 1000;
        send({ kind: 'stream-samples', playoutId: item.id, samples: chunk.samples });
        await this.#untilNeeded(signal);
      }
    } catch (error) {
      if (signal.aborted) return;
      log.error({ error }, 'speech could not be synthesised');
      this.#options.onSpeechFailed();
    }
    if (signal.aborted) return;
    if (!open) send({ kind: 'queue-stream', playoutId: item.id, rateHz: this.#options.rateHz });
    send({ kind: 'stream-end', playoutId: item.id });
    item.complete = true;
    this.#tellSpeaking(item);
  }

  #prepareSound(item: Item, audio: Uint8Array): void {
    const { send, clips, rateHz, log } = this.#options;
    const decoded = clips.decode(audio, rateHz);
    if (decoded.ok) {
      send({ kind: 'queue-clip', playoutId: item.id, clip: decoded.value });
      return;
    }
    log.warn({ reason: decoded.reason, octets: audio.length }, 'a sound cannot be decoded and is skipped');
    send({ kind: 'queue-stream', playoutId: item.id, rateHz });
    send({ kind: 'stream-end', playoutId: item.id });
  }

  #tellSpeaking(item: Item): void {
    if (item.content.kind !== 'speech' || item.told || !item.complete || item.dropped) return;
    if (item.startedAtMs === undefined || item.sentMs === 0) return;
    item.told = true;
    this.#options.onSpeaking(item.content.script, Math.round(item.sentMs), item.startedAtMs);
  }

  /** Speech is made many times faster than it is heard; a long text must not fill memory, or be made for nothing. */
  async #untilNeeded(signal: AbortSignal): Promise<void> {
    const surplusMs = this.#aheadMs() - AHEAD_MS;
    if (surplusMs <= 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#options.timers.schedule(surplusMs, resolve);
      signal.addEventListener(
        'abort',
        () => {
          cancel();
          resolve();
        },
        { once: true },
      );
    });
  }

  #aheadMs(): number {
    let aheadMs = 0;
    for (const item of this.#items.values()) {
      if (item.dropped) continue;
      const heardMs = item.startedNowMs === undefined ? 0 : this.#options.clock.nowMs() - item.startedNowMs;
      aheadMs += Math.max(0, item.sentMs - heardMs);
    }
    return aheadMs;
  }
}

interface SpeechContent {
  readonly kind: 'speech';
  readonly script: Script;
  readonly voice: VoiceChoice;
}

type Content = SpeechContent | { readonly kind: 'sound'; readonly audio: Uint8Array };

interface Item {
  readonly id: PlayoutId;
  readonly content: Content;
  readonly abort: AbortController;
  /** Flushed; the leg may still tell of it when it had begun. */
  dropped: boolean;
  sentMs: number;
  /** Everything of it has been sent, so its length is known. */
  complete: boolean;
  told: boolean;
  startedAtMs: number | undefined;
  startedNowMs: number | undefined;
  afterwards: (() => void)[];
}

/** How far speech is made ahead of what is heard. */
const AHEAD_MS = 30_000;
