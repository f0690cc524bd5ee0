/** Cuts a byte stream into messages (RFC 3261 sections 7.5 and 18.3, RFC 5626 section 4.4.1). One for each connection. */
import { contentLengthOf } from './content-length.ts';
import { endOfHead, parseHead } from './head.ts';
import { MAX_MESSAGE_OCTETS, refuseMessage } from './parse.ts';
import { type ParseFailure, refuse } from './refusal.ts';

export type StreamEvent =
  /** One whole message, for `parseMessage`. The octets are the receiver's to keep. */
  | { readonly kind: 'message'; readonly octets: Uint8Array }
  /** The peer's keep-alive: a CRLF is to be sent back. */
  | { readonly kind: 'ping' }
  /** Where the next message would begin is unknown: answer if there is something to answer, then close. */
  | { readonly kind: 'broken'; readonly failure: ParseFailure };

export class StreamFramer {
  #buffer: Uint8Array = new Uint8Array(INITIAL_OCTETS);
  /** The message being collected starts at `#start`; octets have arrived up to `#end`. */
  #start = 0;
  #end = 0;
  /** Where the search for the end of the head goes on: octets that trickle in are looked at once. */
  #searchFrom = 0;
  /** Where the message ends, once its head is complete. */
  #messageEnd: number | undefined;
  /** Line ends in a row between messages: two are a ping. */
  #lineEnds = 0;
  #isBroken = false;

  /** Whether a message has begun and not ended: what a connection's time-out against slow senders watches. */
  get isInsideMessage(): boolean {
    return this.#end > this.#start;
  }

  /** What these octets complete, in order. After `broken` everything is ignored. */
  push(octets: Uint8Array): StreamEvent[] {
    const events: StreamEvent[] = [];
    if (this.#isBroken) return events;
    this.#append(octets);
    while (this.#isProgressing(events));
    return events;
  }

  /** Takes one step; false when it needs more octets. */
  #isProgressing(events: StreamEvent[]): boolean {
    if (this.#isBroken || this.#start === this.#end) return false;
    if (this.#messageEnd === undefined) {
      const first = this.#buffer[this.#start]!;
      if (first === CR || first === LF) return this.#skipLineEnd(first, events);
      this.#lineEnds = 0;
      if (first === TLS_HANDSHAKE) return this.#break(events, refuse('tls-to-plain-port')) ?? false;
      this.#messageEnd = this.#findMessageEnd(events);
    }
    if (this.#messageEnd === undefined || this.#messageEnd > this.#end) return false;
    events.push({ kind: 'message', octets: this.#buffer.slice(this.#start, this.#messageEnd) });
    this.#moveStart(this.#messageEnd);
    return true;
  }

  #skipLineEnd(first: number, events: StreamEvent[]): boolean {
    const octets = first === CR ? 2 : 1;
    if (this.#start + octets > this.#end) return false;
    if (this.#buffer[this.#start + octets - 1] !== LF) {
      this.#break(events, refuse('not-sip'));
      return false;
    }
    this.#moveStart(this.#start + octets);
    this.#lineEnds++;
    if (this.#lineEnds === 2) {
      events.push({ kind: 'ping' });
      this.#lineEnds = 0;
    }
    return true;
  }

  #findMessageEnd(events: StreamEvent[]): number | undefined {
    const received = this.#buffer.subarray(0, this.#end);
    const bodyStart = endOfHead(received, this.#searchFrom);
    if (bodyStart === -1) {
      this.#searchFrom = Math.max(this.#start, this.#end - BLANK_LINE_OVERLAP);
      if (this.#end - this.#start > MAX_MESSAGE_OCTETS) this.#break(events, refuse('message-too-large'));
      return undefined;
    }
    const { message, fault } = parseHead(received, this.#start, bodyStart);
    if (message === undefined) return this.#break(events, refuse(fault ?? 'not-sip'));
    // What cannot be read may have been a Content-Length to somebody else.
    if (fault !== undefined) return this.#break(events, refuseMessage(fault, message));
    const contentLength = contentLengthOf(message) ?? 'missing-content-length';
    if (typeof contentLength === 'string') return this.#break(events, refuseMessage(contentLength, message));
    const messageEnd = bodyStart + contentLength;
    if (messageEnd - this.#start <= MAX_MESSAGE_OCTETS) return messageEnd;
    return this.#break(events, refuseMessage('message-too-large', message));
  }

  #break(events: StreamEvent[], failure: ParseFailure): undefined {
    events.push({ kind: 'broken', failure });
    this.#isBroken = true;
    this.#buffer = new Uint8Array(0);
    this.#start = 0;
    this.#end = 0;
  }

  #moveStart(start: number): void {
    this.#start = start;
    this.#searchFrom = start;
    this.#messageEnd = undefined;
  }

  #append(octets: Uint8Array): void {
    if (this.#end + octets.length > this.#buffer.length) this.#makeRoom(octets.length);
    this.#buffer.set(octets, this.#end);
    this.#end += octets.length;
  }

  /** Moves what is pending to the front, of a larger buffer when this one is too small. */
  #makeRoom(octets: number): void {
    const shift = this.#start;
    const pending = this.#end - shift;
    const capacity = Math.max(INITIAL_OCTETS, 2 ** Math.ceil(Math.log2(pending + octets)));
    const target = capacity > this.#buffer.length ? new Uint8Array(capacity) : this.#buffer;
    target.set(this.#buffer.subarray(shift, this.#end));
    this.#buffer = target;
    this.#start = 0;
    this.#end = pending;
    this.#searchFrom -= shift;
    if (this.#messageEnd !== undefined) this.#messageEnd -= shift;
  }
}

/** The first octet of TLS (RFC 8446 section 5.1), which no message begins with: its sender waits for an answer. */
const TLS_HANDSHAKE = 0x16;
const CR = 0x0d;
const LF = 0x0a;
/** The most of an empty line, CR LF CR LF, that can have arrived without ending the head. */
const BLANK_LINE_OVERLAP = 3;
const INITIAL_OCTETS = 4096;
