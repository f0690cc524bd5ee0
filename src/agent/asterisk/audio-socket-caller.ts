/**
 * What an Asterisk that calls over AudioSocket may say: who it is, then audio and keys, then that it is over. Everything
 * else is a reason to cut it off.
 */
import { type AudioSocketFrame, AudioSocketReader, type KnownFrame } from './audio-socket-frames.ts';

export type AudioSocketWord =
  | KnownFrame
  | { readonly kind: 'broken'; readonly reason: 'no-uuid' | 'protocol-error' | 'flooded' };

export class AudioSocketCaller {
  readonly #reader = new AudioSocketReader();
  #isKnown = false;
  #isBroken = false;
  /** How much more audio may come at once. */
  #creditMs = MOST_AHEAD_MS;
  #creditedAtMs: number;

  constructor(nowMs: number) {
    this.#creditedAtMs = nowMs;
  }

  /** Everything pushed before has been taken. */
  push(octets: Uint8Array, nowMs: number): void {
    if (this.#isBroken) return;
    this.#creditMs = Math.min(MOST_AHEAD_MS, this.#creditMs + nowMs - this.#creditedAtMs);
    this.#creditedAtMs = nowMs;
    this.#reader.push(octets);
  }

  /** Undefined until more is pushed, and after the stream broke. */
  take(): AudioSocketWord | undefined {
    for (;;) {
      const frame = this.#isBroken ? undefined : this.#reader.take();
      if (frame === undefined) return undefined;
      const word = this.#judge(frame);
      if (word === undefined) continue;
      this.#isBroken = word.kind === 'broken';
      return word;
    }
  }

  /** Undefined of what is left out. */
  #judge(frame: AudioSocketFrame): AudioSocketWord | undefined {
    if (!this.#spend(frame)) return { kind: 'broken', reason: 'flooded' };
    switch (frame.kind) {
      case 'uuid':
        if (this.#isKnown) return { kind: 'broken', reason: 'protocol-error' };
        this.#isKnown = true;
        return frame;
      case 'hang-up':
      case 'error':
        return frame;
      case 'audio':
      case 'digit':
        if (!this.#isKnown) return { kind: 'broken', reason: 'no-uuid' };
        return frame.kind === 'audio' || /^[0-9*#A-D]$/.test(frame.digit) ? frame : undefined;
      case 'strange':
        if (!this.#isKnown) return { kind: 'broken', reason: 'no-uuid' };
        return frame.length > LONGEST_STRANGE_OCTETS
          ? { kind: 'broken', reason: 'protocol-error' }
          : undefined;
    }
  }

  #spend(frame: AudioSocketFrame): boolean {
    const audioMs = frame.kind === 'audio' ? (500 * frame.octets.length) / frame.rateHz : 0;
    this.#creditMs -= Math.max(LEAST_FRAME_MS, audioMs);
    return this.#creditMs >= 0;
  }
}

/** TCP brings what it held up in one piece, and kernels hold some seconds. */
const MOST_AHEAD_MS = 30_000;
/** Frames cost work however short they are. */
const LEAST_FRAME_MS = 5;
/** A short one is of a later version; a long one comes from a stream that is no AudioSocket, or out of step. */
const LONGEST_STRANGE_OCTETS = 1024;
