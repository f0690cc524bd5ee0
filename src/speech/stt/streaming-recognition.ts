import type { Timers } from '../../clock.ts';
import { ProviderLink } from './provider-link.ts';
import type { Connect } from './provider-socket.ts';
import { RecentAudio } from './recent-audio.ts';
import type { Recognition, RecognitionFailure, RecognitionOptions } from './recognizer.ts';
import type { ProtocolEvent, StreamingProtocol } from './streaming-protocol.ts';
import { Turn } from './turn.ts';

export interface StreamingOptions extends RecognitionOptions {
  readonly createProtocol: () => StreamingProtocol;
  readonly connect: Connect;
  readonly timers: Timers;
}

/**
 * One caller heard by a streaming provider. Our turn detector leads: audio goes out from a little before a turn's start
 * to its end, and what the provider thinks of pauses only has its words ready earlier. A turn's audio is kept until it
 * is understood, so that a new connection hears it from the start.
 */
export class StreamingRecognition implements Recognition {
  readonly #options: StreamingOptions;
  readonly #link: ProviderLink;
  readonly #recent: RecentAudio;
  readonly #chunk: Int16Array;
  #chunkFilled = 0;
  /** Turns whose final transcript is due, oldest first; the last one may be going on. */
  readonly #pending: Turn[] = [];
  readonly #cancelWaits = new Map<Turn, () => void>();
  #speaking: Turn | undefined;
  #turns = 0;
  #toldFailure: RecognitionFailure | undefined;
  /** Nothing will ever be understood: the provider refuses us. */
  #isRefused = false;
  #isClosed = false;

  constructor(options: StreamingOptions) {
    this.#options = options;
    this.#recent = new RecentAudio((options.rateHz * LEAD_MS) / 1000);
    this.#chunk = new Int16Array((options.rateHz * CHUNK_MS) / 1000);
    this.#link = new ProviderLink({
      createProtocol: options.createProtocol,
      connect: options.connect,
      timers: options.timers,
      onOpened: () => this.#sendPending(),
      onEvent: (event) => this.#handle(event),
      onFailed: (reason, lasting) => this.#failed(reason, lasting),
      isNeeded: () => this.#pending.length > 0,
      isSpeaking: () => this.#speaking !== undefined,
    });
    this.#link.ensure();
  }

  write(samples: Int16Array): void {
    if (this.#speaking === undefined) {
      this.#recent.write(samples);
      return;
    }
    for (let at = 0; at < samples.length; ) {
      const length = Math.min(this.#chunk.length - this.#chunkFilled, samples.length - at);
      this.#chunk.set(samples.subarray(at, at + length), this.#chunkFilled);
      this.#chunkFilled += length;
      at += length;
      if (this.#chunkFilled === this.#chunk.length) this.#sendChunk(this.#speaking);
    }
  }

  startTurn(): void {
    if (this.#isClosed || this.#speaking !== undefined) return;
    this.#turns += 1;
    const turn = new Turn(this.#turns, (this.#options.rateHz * MOST_KEPT_MS) / 1000);
    this.#pending.push(turn);
    this.#speaking = turn;
    this.#link.ensure();
    this.#link.send(this.#link.protocol?.startTurn(turn.number) ?? []);
    this.#sendAudio(turn, this.#recent.take());
  }

  endTurn(): void {
    const turn = this.#speaking;
    if (turn === undefined) return;
    this.#sendChunk(turn);
    this.#speaking = undefined;
    turn.isEnded = true;
    this.#link.send(this.#link.protocol?.endTurn() ?? []);
    this.#await(turn);
  }

  close(): void {
    this.#isClosed = true;
    this.#speaking = undefined;
    this.#pending.length = 0;
    for (const cancel of this.#cancelWaits.values()) cancel();
    this.#link.close();
  }

  #sendChunk(turn: Turn): void {
    const chunk = this.#chunk.slice(0, this.#chunkFilled);
    this.#chunkFilled = 0;
    this.#sendAudio(turn, chunk);
  }

  #sendAudio(turn: Turn, chunk: Int16Array): void {
    if (chunk.length === 0) return;
    const isWhole = turn.addAudio(chunk);
    const protocol = this.#link.protocol;
    if (protocol !== undefined) this.#link.send(protocol.audio(chunk));
    else if (!isWhole) this.#tell('overloaded');
  }

  #sendPending(): void {
    for (const turn of [...this.#pending]) {
      const protocol = this.#link.protocol;
      if (protocol === undefined) return;
      turn.startOver();
      this.#link.send(protocol.startTurn(turn.number));
      for (const chunk of turn.chunks) this.#link.send(protocol.audio(chunk));
      if (turn.isEnded) this.#link.send(protocol.endTurn());
    }
  }

  #handle(event: Exclude<ProtocolEvent, { kind: 'failed' }>): void {
    const turn = this.#pending.find(({ number }) => number === event.turn);
    if (turn === undefined) return;
    if (event.kind === 'complete') {
      if (!turn.isEnded) return;
      this.#toldFailure = undefined;
      this.#finish(turn);
      return;
    }
    if (event.kind === 'interim') turn.replaceInterim(event.text);
    else turn.addSegment(event.text);
    if (event.text !== '' && turn === this.#speaking)
      this.#options.onTranscript({ text: turn.text, isFinal: false });
  }

  /** The final transcript comes when the provider says so, and in the end without it. */
  #await(turn: Turn): void {
    const { timers } = this.#options;
    const mayStaySilent = this.#link.protocol?.mayLeaveUnanswered === true;
    const waitMs = this.#isRefused ? 0 : mayStaySilent && turn.isUnderstood ? SHORT_WAIT_MS : LONGEST_WAIT_MS;
    const cancel = timers.schedule(waitMs, () => {
      if (!this.#isRefused && !(mayStaySilent && turn.isHeard)) this.#link.lose('timed-out');
      this.#finish(turn);
    });
    this.#cancelWaits.set(turn, cancel);
  }

  /** Turns are told in their order: an older one that is still open has all that it will get. */
  #finish(turn: Turn): void {
    for (;;) {
      const oldest = this.#pending.shift();
      if (oldest === undefined) return;
      this.#cancelWaits.get(oldest)?.();
      this.#cancelWaits.delete(oldest);
      this.#options.onTranscript({ text: oldest.text, isFinal: true });
      if (oldest === turn) return;
    }
  }

  #failed(reason: RecognitionFailure, lasting: boolean): void {
    this.#tell(reason);
    if (!lasting) return;
    this.#isRefused = true;
    const ended = this.#pending.filter(({ isEnded }) => isEnded).at(-1);
    if (ended !== undefined) this.#finish(ended);
  }

  /** Once for each kind, until something is understood again. */
  #tell(reason: RecognitionFailure): void {
    if (this.#toldFailure === reason) return;
    this.#toldFailure = reason;
    this.#options.onFailure(reason);
  }
}

/** From before the turn detector says that speech has begun. */
const LEAD_MS = 600;
/** Of audio in one message. */
const CHUNK_MS = 100;
/** Of a turn's audio kept for a new connection. */
const MOST_KEPT_MS = 20_000;
/** For an answer to the end of a turn. */
const LONGEST_WAIT_MS = 2500;
/** The same, when all words are there already and the provider may have nothing to add. */
const SHORT_WAIT_MS = 300;
