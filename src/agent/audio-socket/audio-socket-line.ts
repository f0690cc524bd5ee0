/** The wire form of docs/audio-socket.md: audio in binary messages, control as JSON in text messages. */
import type { LineAudio } from '../../audio/agent-line.ts';
import { parseJsonObject } from '../voice-agent/json-message.ts';
import type { Line, LineCall, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';

export interface AudioSocketSettings {
  readonly rateHz: 8000 | 16000 | 24000;
  readonly frameMs: 20 | 40 | 60;
}

export const createAudioSocketLine: LineProtocolFactory = (line, call, settings) =>
  new AudioSocketLine(line, call, settings as AudioSocketSettings);

class AudioSocketLine implements LineProtocol {
  readonly #line: Line;
  readonly #call: LineCall;
  readonly #settings: AudioSocketSettings;
  readonly #octetsPerMs: number;

  constructor(line: Line, call: LineCall, settings: AudioSocketSettings) {
    this.#line = line;
    this.#call = call;
    this.#settings = settings;
    this.#octetsPerMs = (2 * settings.rateHz) / 1000;
  }

  opened(): void {
    const { rateHz, frameMs } = this.#settings;
    const { callId } = this.#call;
    this.#say({ type: 'start', callId, rateHz, frameMs, encoding: 'audio/l16;endian=little' });
    const form = { encoding: 'l16', rateHz } as const;
    const audio: LineAudio = { toAgent: form, chunkMs: frameMs, fromAgent: form, isLive: true };
    this.#line.ready({ ...audio, forgetsEarly: true });
  }

  octets(message: Uint8Array): void {
    const roomOctets = Math.round((MOST_QUEUED_MS - this.#line.unheardMs) * this.#octetsPerMs);
    if (message.length <= roomOctets) this.#line.play(message);
    else if (roomOctets > 0) this.#line.play(message.subarray(0, roomOctets));
  }

  text(message: string): void {
    if (parseJsonObject(message)?.['type'] === 'flush') this.#line.flush();
    else this.#line.tell({ kind: 'message', text: message });
  }

  caller(chunk: Uint8Array): void {
    this.#line.sendOctets(chunk);
  }

  digit(digit: string): void {
    this.#say({ type: 'digit', digit });
  }

  told(message: unknown): void {
    this.#say(message as object);
  }

  marked(): void {
    // There are no marks in this wire form.
  }

  second(): void {
    // An agent that is silent is asked by pings.
  }

  lost(): 'give-up' {
    return 'give-up';
  }

  stop(): void {
    this.#say({ type: 'stop' });
  }

  #say(message: object): void {
    this.#line.send(JSON.stringify(message));
  }
}

/** What does not fit is dropped. */
const MOST_QUEUED_MS = 60_000;
