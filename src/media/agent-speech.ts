import type { HeardPart, LineAudio, TakenBack } from '../audio/agent-line.ts';
import { createResampler, type Resampler } from '../audio/resampler.ts';
import { FRAME_MS, framesAt } from './frame.ts';
import { LagTrimmer } from './lag-trimmer.ts';
import { OctetQueue } from './octet-queue.ts';
import { type Mark, SpeechMarks } from './speech-marks.ts';
import { type WireCodec, wireCodec } from './wire-codec.ts';

/**
 * What an agent says: octets at whatever speed they come, kept as they are, and taken 20 ms at a time when they are due.
 * It knows how much of it was heard, by reply, and gives marks back in their time.
 */
export class AgentSpeech {
  readonly #isLive: boolean;
  readonly #legRateHz: number;
  readonly #rateHz: number;
  readonly #codec: WireCodec;
  readonly #resampler: Resampler | undefined;
  readonly #trimmer: LagTrimmer;
  /** 20 ms at the agent's rate: working memory of the thread. */
  readonly #scratch: Int16Array;
  readonly #frameOctets: number;
  readonly #octetsPerMs: number;
  readonly #queue: OctetQueue = new OctetQueue();
  readonly #marks: SpeechMarks = new SpeechMarks();
  readonly #flushedReplies: string[] = [];
  /** The replies that wait or are being heard, each with the place in the stream where it begins. */
  #replies: { readonly name: string | undefined; readonly fromOctets: number }[] = [];
  /** Silence still to be laid before what comes. */
  #cushionSamples = 0;
  /** The end of what was flushed, faded out. */
  #tail: Int16Array | undefined;
  #isSounding = false;
  #emptyTicks: number = SETTLED_TICKS;
  #isAllHeardDue = false;

  constructor(audio: LineAudio, legRateHz: number) {
    const { rateHz, encoding } = audio.fromAgent;
    this.#isLive = audio.isLive ?? false;
    this.#legRateHz = legRateHz;
    this.#rateHz = rateHz;
    this.#codec = wireCodec(encoding);
    this.#resampler = rateHz === legRateHz ? undefined : createResampler(rateHz, legRateHz);
    this.#trimmer = new LagTrimmer(CUSHION_MS);
    this.#scratch = framesAt(rateHz).agent;
    this.#octetsPerMs = (rateHz * this.#codec.octetsPerSample) / 1000;
    this.#frameOctets = FRAME_MS * this.#octetsPerMs;
  }

  get unheardMs(): number {
    return this.#queue.lengthOctets / this.#octetsPerMs;
  }

  /**
   * Keeps the octets until they are heard; half a sample at their end is ignored. False: more waits than anybody will
   * listen to.
   */
  push(octets: Uint8Array, reply: string | undefined): boolean {
    const length = this.#codec.octetsPerSample === 2 ? octets.length & ~1 : octets.length;
    if (length === 0 || (reply !== undefined && this.#flushedReplies.includes(reply))) return true;
    if (this.unheardMs > MOST_UNHEARD_MS || this.#queue.lengthOctets > MOST_UNHEARD_OCTETS) return false;
    if (this.#isLive) this.#expect(length);
    const current = this.#replies.at(-1);
    if (current === undefined || current.name !== reply || this.#isOver(current.name)) this.#begin(reply);
    this.#queue.push(octets, length);
    return true;
  }

  /** Writes what is due now into a leg's frame, or its beginning; returns the number of samples. */
  pull(frame: Int16Array): number {
    if (this.#queue.lengthOctets === 0 && this.#tail === undefined) {
      this.#isSounding = false;
      if (this.#emptyTicks < SETTLED_TICKS) this.#isAllHeardDue = ++this.#emptyTicks === SETTLED_TICKS;
      return 0;
    }
    this.#emptyTicks = 0;
    let filled = this.#tail === undefined ? 0 : this.#takeTail(frame);
    while (this.#cushionSamples > 0 && filled < frame.length) {
      frame[filled++] = 0;
      this.#cushionSamples -= 1;
    }
    filled = this.#fill(frame, filled, frame.length);
    this.#isSounding = filled > 0;
    return filled;
  }

  /** Nobody can hear for so many ticks: what is of its moment is over. */
  miss(ticks: number): void {
    if (!this.#isLive) return;
    this.#queue.drop(Math.min(this.#queue.lengthOctets, ticks * this.#frameOctets));
    this.#isSounding = false;
  }

  /** Forgets what is not heard yet. What is being heard goes out within 5 ms, without a click. */
  flush(): TakenBack {
    const heard = this.heard();
    const names = this.#replies.flatMap(({ name }) => name ?? []);
    for (const name of names) this.#forget(name);
    this.#marks.clear(this.#queue.readOctets);
    if (this.#isSounding && this.#queue.lengthOctets > 0) this.#tail = this.#fadeOut();
    this.#queue.clear();
    this.#replies = [];
    this.#cushionSamples = 0;
    return { ...heard, unheardReplies: names.filter((name) => name !== heard.reply) };
  }

  heard(): HeardPart {
    const readOctets = this.#queue.readOctets;
    this.#dropHeardReplies(readOctets);
    const current = this.#replies[0];
    if (current === undefined) return { reply: undefined, heardMs: 0 };
    const heardMs = (readOctets - current.fromOctets) / this.#octetsPerMs;
    return { reply: current.name, heardMs: Math.max(0, heardMs) };
  }

  /** False: more marks wait than any speech has. */
  mark(name: string): boolean {
    return this.#marks.add(name, this.#queue.writtenOctets);
  }

  /** The next mark that was reached or taken back. */
  takeMark(): Mark | undefined {
    return this.#marks.take(this.#queue.readOctets);
  }

  /** True once, when all that came has been heard for a while. */
  takeAllHeard(): boolean {
    const isDue = this.#isAllHeardDue;
    this.#isAllHeardDue = false;
    return isDue;
  }

  /** Puts a cushion before the first after a silence, so that one that comes a moment late in a row leaves no gap. */
  #expect(lengthOctets: number): void {
    // What comes just when the rest has been taken is in time.
    if (this.#queue.lengthOctets === 0 && !this.#isSounding)
      this.#cushionSamples = (this.#legRateHz * CUSHION_MS) / 1000;
    const cushionMs = (this.#cushionSamples * 1000) / this.#legRateHz;
    this.#trimmer.arrived(lengthOctets / this.#octetsPerMs, this.unheardMs + cushionMs);
  }

  /** A reply without a name ends with the silence behind it. */
  #isOver(name: string | undefined): boolean {
    return name === undefined && this.#emptyTicks === SETTLED_TICKS;
  }

  #begin(reply: string | undefined): void {
    this.#dropHeardReplies(this.#queue.readOctets);
    this.#replies.push({ name: reply, fromOctets: this.#queue.writtenOctets });
  }

  /** The one that is being heard is the first; the last one stays. */
  #dropHeardReplies(readOctets: number): void {
    while (this.#replies.length > 1 && this.#replies[1]!.fromOctets <= readOctets) this.#replies.shift();
  }

  #forget(reply: string): void {
    this.#flushedReplies.push(reply);
    if (this.#flushedReplies.length > FLUSHED_REPLIES_KEPT) this.#flushedReplies.shift();
  }

  #fill(frame: Int16Array, from: number, to: number): number {
    const resampler = this.#resampler;
    let filled = from;
    while (filled < to) {
      if (resampler === undefined) {
        const count = this.#take(frame, filled, to - filled);
        if (count === 0) return filled;
        if (!this.#isLeftOut(frame, count, filled)) filled += count;
      } else {
        const scratch = this.#scratch;
        const count = this.#take(scratch, 0, Math.floor(((to - filled) * this.#rateHz) / this.#legRateHz));
        if (count === 0) return filled;
        if (!this.#isLeftOut(scratch, count, 0))
          filled += resampler.process(scratch, 0, count, frame, filled);
      }
    }
    return filled;
  }

  #isLeftOut(samples: Int16Array, count: number, offset: number): boolean {
    if (!this.#isLive || offset !== 0 || count !== samples.length) return false;
    return this.#trimmer.leavesOut(samples, count, FRAME_MS);
  }

  /** Decodes up to `wanted` samples; 0 when there are none. */
  #take(into: Int16Array, offset: number, wanted: number): number {
    const { octetsPerSample, decode } = this.#codec;
    const queue = this.#queue;
    let taken = 0;
    while (taken < wanted && queue.lengthOctets > 0) {
      const octets = Math.min(queue.headOctets, (wanted - taken) * octetsPerSample);
      taken += decode(queue.head, queue.headOffset, octets, into, offset + taken);
      queue.drop(octets);
    }
    return taken;
  }

  #fadeOut(): Int16Array {
    const samples = new Int16Array((this.#legRateHz * FADE_MS) / 1000);
    this.#cushionSamples = 0;
    const count = this.#fill(samples, 0, samples.length);
    for (let i = 0; i < count; i++) samples[i]! *= 1 - (i + 1) / count;
    return samples;
  }

  #takeTail(frame: Int16Array): number {
    const tail = this.#tail!;
    this.#tail = undefined;
    frame.set(tail);
    return tail.length;
  }
}

const CUSHION_MS = 20;
const FADE_MS = 5;
/** Nobody listens to an answer that is longer. */
const MOST_UNHEARD_MS = 600_000;
const MOST_UNHEARD_OCTETS = 32 << 20;
/** Audio of a reply may be under way when it is taken back. */
const FLUSHED_REPLIES_KEPT = 32;
/** Ticks without sound after which what an agent said is taken to be over. */
const SETTLED_TICKS = 10;
