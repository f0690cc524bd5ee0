/**
 * The audio socket of jambonz's `listen` and `stream`: the call's audio goes out as L16, and what is to be heard comes back
 * as L16 too, or as files with orders of when to play them.
 */

import { type JsonObject, numberAt, objectAt, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import type { Line, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import { decodeListenSound } from './listen-sound.ts';

export interface ListenLineSettings {
  readonly rateHz: 8000 | 16000 | 24000 | 48000;
  readonly speaksRateHz: 8000 | 16000 | 24000 | 48000;
  /** Binary messages are audio, and `playAudio` is not known. */
  readonly streaming: boolean;
  readonly speaks: boolean;
  readonly passDtmf: boolean;
  /** The first message. */
  readonly introduction: Readonly<Record<string, unknown>>;
}

export const createListenLine: LineProtocolFactory = (line, _call, settings) =>
  new ListenLine(line, settings as ListenLineSettings);

class ListenLine implements LineProtocol {
  readonly #line: Line;
  readonly #settings: ListenLineSettings;
  /** In the order in which they will be heard. */
  readonly #sounds: Sound[] = [];
  /** By our names; the app's may come twice. */
  readonly #marks = new Map<string, string>();
  #names = 0;
  #status: 'resume' | 'pause' | 'silence' = 'resume';
  #isStrange = false;

  constructor(line: Line, settings: ListenLineSettings) {
    this.#line = line;
    this.#settings = settings;
  }

  opened(): void {
    const { rateHz, speaksRateHz, introduction } = this.#settings;
    this.#line.send(JSON.stringify(introduction));
    this.#line.ready({
      toAgent: { encoding: 'l16', rateHz },
      chunkMs: 20,
      fromAgent: { encoding: 'l16', rateHz: speaksRateHz },
    });
  }

  caller(chunk: Uint8Array): void {
    if (this.#status === 'pause') return;
    this.#line.sendOctets(this.#status === 'silence' ? new Uint8Array(chunk.length) : chunk.slice());
  }

  octets(message: Uint8Array): void {
    const { speaks, streaming } = this.#settings;
    if (speaks && streaming) this.#line.play(message);
    else this.#warnOnce('audio where none is played');
  }

  text(message: string): void {
    const object = parseJsonObject(message);
    const data = objectAt(object, 'data');
    switch (textAt(object, 'type')) {
      case 'playAudio':
        this.#playAudio(data);
        return;
      case 'killAudio':
        this.#kill();
        return;
      case 'mark':
        this.#mark(textAt(data, 'name'));
        return;
      case 'clearMarks':
        for (const name of this.#marks.values()) this.#tellMark(name, 'cleared');
        this.#marks.clear();
        return;
      case 'disconnect':
        this.#line.end('closed-by-agent');
        return;
      case undefined:
        this.#warnOnce('a message without a type');
        return;
      default:
        this.#line.tell({ kind: 'message', text: message });
    }
  }

  /** The duration is in units of RTP time stamps, and a text. */
  digit(digit: string, durationMs: number): void {
    if (!this.#settings.passDtmf) return;
    const duration = String(Math.round(durationMs * UNITS_PER_MS));
    this.#line.send(JSON.stringify({ event: 'dtmf', dtmf: digit, duration }));
  }

  told(message: unknown): void {
    const status = textAt(message as JsonObject, 'status');
    if (status === 'pause' || status === 'silence' || status === 'resume') this.#status = status;
  }

  marked(name: string, outcome: 'played' | 'cleared'): void {
    const mark = this.#marks.get(name);
    if (mark !== undefined) {
      this.#marks.delete(name);
      this.#tellMark(mark, outcome === 'played' ? 'playout' : 'cleared');
      return;
    }
    const index = this.#sounds.findIndex((sound) => sound.name === name);
    const [sound] = index < 0 || outcome === 'cleared' ? [] : this.#sounds.splice(index, 1);
    if (sound !== undefined) this.#tellDone(sound, sound.lengthMs);
  }

  second(): void {}

  lost(): 'give-up' {
    return 'give-up';
  }

  stop(): void {}

  #playAudio(data: JsonObject | undefined): void {
    const { speaks, streaming, speaksRateHz } = this.#settings;
    if (!speaks || streaming) {
      this.#warnOnce('playAudio where none is played');
      return;
    }
    const decoded = decodeListenSound(data, speaksRateHz);
    if (!decoded.ok) {
      this.#line.tell({ kind: 'warning', text: `playAudio: ${decoded.reason}` });
      return;
    }
    if (data?.['queuePlay'] !== true) this.#kill();
    else if (this.#sounds.length >= MOST_QUEUED) {
      this.#line.tell({ kind: 'warning', text: 'playAudio: too much is queued' });
      return;
    }
    this.#names += 1;
    const octets = decoded.value;
    const lengthMs = (octets.length / 2 / speaksRateHz) * 1000;
    const id = textAt(data, 'id') ?? numberAt(data, 'id');
    const sound = { name: `sound-${this.#names}`, id, lengthMs };
    this.#sounds.push(sound);
    this.#line.play(octets, sound.name);
    this.#line.mark(sound.name);
  }

  /** What is heard of a sound that is cut is told; those that had not begun are forgotten. */
  #kill(): void {
    const heard = this.#line.flush();
    const cut = this.#sounds.find(({ name }) => name === heard.reply);
    this.#sounds.length = 0;
    if (cut !== undefined && heard.heardMs > 0) this.#tellDone(cut, heard.heardMs);
  }

  #mark(name: string | undefined): void {
    if (name === undefined || this.#marks.size >= MOST_MARKS) {
      const text = name === undefined ? 'mark: without a name' : 'mark: too many are waited for';
      this.#line.tell({ kind: 'warning', text });
      return;
    }
    this.#names += 1;
    const own = `mark-${this.#names}`;
    this.#marks.set(own, name);
    this.#line.mark(own);
  }

  #tellMark(name: string, event: 'playout' | 'cleared'): void {
    this.#line.send(JSON.stringify({ type: 'mark', data: { name, event } }));
  }

  #tellDone({ id }: Sound, playedMs: number): void {
    const playbackLastOffsetPos = String(Math.round((playedMs * this.#settings.speaksRateHz) / 1000));
    const playbackMilliseconds = Math.round(playedMs);
    const played = {
      playbackSeconds: Math.floor(playedMs / 1000),
      playbackMilliseconds,
      playbackLastOffsetPos,
    };
    this.#line.send(JSON.stringify({ type: 'playDone', data: { id, ...played } }));
  }

  #warnOnce(what: string): void {
    if (this.#isStrange) return;
    this.#isStrange = true;
    this.#line.tell({ kind: 'warning', text: `the app sent ${what}` });
  }
}

interface Sound {
  readonly name: string;
  readonly id: string | number | undefined;
  readonly lengthMs: number;
}

const MOST_QUEUED = 10;
const MOST_MARKS = 30;
/** RFC 4733 section 2.1 of G.711. */
const UNITS_PER_MS = 8;
