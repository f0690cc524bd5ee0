/**
 * Twilio's bidirectional media streams, of which we are Twilio: what its bots expect to hear of a call, and what they send.
 * @see https://www.twilio.com/docs/voice/media-streams/websocket-messages
 */

import { base64Of, octetsOf } from '../voice-agent/audio-text.ts';
import { type JsonObject, objectAt, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import type { Line, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import type { TwilioSids } from './twilio-sids.ts';

export interface TwilioLineSettings extends TwilioSids {
  readonly customParameters: Readonly<Record<string, string>>;
}

export const createTwilioLine: LineProtocolFactory = (line, _call, settings) =>
  new TwilioLine(line, settings as TwilioLineSettings);

class TwilioLine implements LineProtocol {
  readonly #line: Line;
  readonly #settings: TwilioLineSettings;
  /** What every message but the first ends with. */
  readonly #streamSid: string;
  #sequenceNumber = 0;
  #chunk = 0;
  #isStrange = false;

  constructor(line: Line, settings: TwilioLineSettings) {
    this.#line = line;
    this.#settings = settings;
    this.#streamSid = settings.streamSid;
  }

  opened(): void {
    const { accountSid, callSid, streamSid, customParameters } = this.#settings;
    this.#line.send('{"event":"connected","protocol":"Call","version":"1.0.0"}');
    this.#send('start', {
      accountSid,
      streamSid,
      callSid,
      tracks: ['inbound'],
      mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters,
    });
    this.#line.ready({ toAgent: MULAW, chunkMs: CHUNK_MS, fromAgent: MULAW, isLive: true });
  }

  caller(chunk: Uint8Array): void {
    this.#sequenceNumber += 1;
    this.#chunk += 1;
    this.#line.send(
      `{"event":"media","sequenceNumber":"${this.#sequenceNumber}","media":{"track":"inbound","chunk":"${
        this.#chunk
      }","timestamp":"${this.#chunk * CHUNK_MS}","payload":"${base64Of(chunk)}"},"streamSid":"${this.#streamSid}"}`,
    );
  }

  text(message: string): void {
    const object = parseJsonObject(message);
    const streamSid = textAt(object, 'streamSid');
    // Bots that serve several calls may mix them up; whose audio it is decides the SID.
    if (object === undefined || (streamSid !== undefined && streamSid !== this.#streamSid)) {
      this.#warnOnce(object === undefined ? 'a message that is no JSON' : 'a message for another stream');
      return;
    }
    this.#obey(object);
  }

  octets(): void {
    this.#warnOnce('a binary message');
  }

  digit(digit: string): void {
    this.#send('dtmf', { track: 'inbound_track', digit });
  }

  marked(name: string): void {
    this.#send('mark', { name });
  }

  stop(): void {
    const { accountSid, callSid } = this.#settings;
    this.#send('stop', { accountSid, callSid });
  }

  lost(): 'give-up' {
    return 'give-up';
  }

  told(): void {
    // Nobody on the main thread has a word for a bot.
  }

  second(): void {
    // Media keep the stream alive.
  }

  #obey(message: JsonObject): void {
    switch (textAt(message, 'event')) {
      case 'media': {
        const octets = octetsOf(textAt(objectAt(message, 'media'), 'payload'));
        if (octets === undefined) this.#warnOnce('media without a payload');
        else this.#line.play(octets);
        return;
      }
      case 'mark': {
        const name = textAt(objectAt(message, 'mark'), 'name');
        if (name === undefined) this.#warnOnce('a mark without a name');
        else this.#line.mark(name);
        return;
      }
      case 'clear':
        this.#clear();
        return;
      default:
        this.#warnOnce('an event that is not known');
    }
  }

  #clear(): void {
    const wasSpeaking = this.#line.unheardMs > 0;
    const { heardMs } = this.#line.flush();
    if (wasSpeaking) this.#line.tell({ kind: 'interrupted', heardMs });
  }

  #send(event: 'start' | 'dtmf' | 'mark' | 'stop', body: object): void {
    this.#sequenceNumber += 1;
    this.#line.send(
      JSON.stringify({
        event,
        sequenceNumber: String(this.#sequenceNumber),
        [event]: body,
        streamSid: this.#streamSid,
      }),
    );
  }

  /** A bot that gets it wrong mostly does so fifty times a second. */
  #warnOnce(what: string): void {
    if (this.#isStrange) return;
    this.#isStrange = true;
    this.#line.tell({ kind: 'warning', text: `${what} is ignored` });
  }
}

const MULAW = { encoding: 'pcmu', rateHz: 8000 } as const;
const CHUNK_MS = 20;
