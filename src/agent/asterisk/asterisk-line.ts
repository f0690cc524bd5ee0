/** Asterisk's AudioSocket, of which we are the calling end: what its servers expect of Asterisk they get from us. */
import type { Line, LineCall, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import {
  type AudioSocketFrame,
  AudioSocketReader,
  serializeAudio,
  serializeDigit,
  serializeHangUp,
  serializeUuid,
} from './audio-socket-frames.ts';

export interface AsteriskLineSettings {
  readonly rateHz: 8000 | 16_000 | 24_000 | 48_000;
}

export const createAsteriskLine: LineProtocolFactory = (line, call, settings) =>
  new AsteriskLine(line, call, settings as AsteriskLineSettings);

class AsteriskLine implements LineProtocol {
  readonly #line: Line;
  readonly #call: LineCall;
  readonly #settings: AsteriskLineSettings;
  readonly #reader = new AudioSocketReader();
  #isOver = false;
  #isStrange = false;

  constructor(line: Line, call: LineCall, settings: AsteriskLineSettings) {
    this.#line = line;
    this.#call = call;
    this.#settings = settings;
  }

  /** Whose call it is comes first; then nothing is waited for. */
  opened(): void {
    const linear = { encoding: 'l16', rateHz: this.#settings.rateHz } as const;
    this.#line.sendOctets(serializeUuid(this.#call.sessionId));
    this.#line.ready({ toAgent: linear, chunkMs: 20, fromAgent: linear, isLive: true });
  }

  caller(chunk: Uint8Array): void {
    this.#line.sendOctets(serializeAudio(chunk, this.#settings.rateHz));
  }

  octets(message: Uint8Array): void {
    if (this.#isOver) return;
    this.#reader.push(message);
    for (let frame = this.#reader.take(); frame !== undefined; frame = this.#reader.take()) this.#take(frame);
  }

  digit(digit: string): void {
    this.#line.sendOctets(serializeDigit(digit));
  }

  stop(): void {
    this.#line.sendOctets(serializeHangUp());
  }

  lost(): 'give-up' {
    return 'give-up';
  }

  text(): void {
    // TCP brings octets.
  }

  told(): void {
    // Nobody on the main thread has a word for a server.
  }

  marked(): void {
    // There are no marks in AudioSocket.
  }

  second(): void {
    // Audio keeps the connection alive.
  }

  #take(frame: AudioSocketFrame): void {
    if (this.#isOver) return;
    switch (frame.kind) {
      case 'audio':
        if (frame.rateHz === this.#settings.rateHz) this.#line.play(frame.octets);
        else this.#warnOnce(`audio at ${frame.rateHz} Hz is left out`);
        return;
      case 'hang-up':
        this.#end('closed-by-agent');
        return;
      case 'error':
        this.#line.tell({ kind: 'warning', text: `error ${frame.code ?? 'without a code'}` });
        this.#end('rejected');
        return;
      case 'strange':
        if (frame.length > LONGEST_STRANGE_OCTETS) this.#end('protocol-error');
        else this.#warnOnce(`a frame of type ${frame.type} with ${frame.length} octets is left out`);
        return;
      // A digit that the server sends is for a channel of Asterisk's to send on; a UUID is ours to give.
      case 'digit':
      case 'uuid':
        this.#warnOnce(`a ${frame.kind} from the server is left out`);
        return;
    }
  }

  #end(reason: 'closed-by-agent' | 'rejected' | 'protocol-error'): void {
    this.#isOver = true;
    this.#line.end(reason);
  }

  #warnOnce(text: string): void {
    if (this.#isStrange) return;
    this.#isStrange = true;
    this.#line.tell({ kind: 'warning', text });
  }
}

/** A short one is of a later version; a long one comes from a stream that is no AudioSocket, or out of step. */
const LONGEST_STRANGE_OCTETS = 1024;
