import type { HeardPart, Line, LineAudio, LineCall } from '../../src/agent/voice-agent/line-protocol.ts';
import type { AgentLineEnd, AgentLineEvent, TakenBack } from '../../src/audio/agent-line.ts';

/** A line without a leg or a socket: remembers what its protocol did, in order. */
export class RecordingLine implements Line {
  readonly sent: (string | Uint8Array)[] = [];
  readonly played: { readonly octets: Uint8Array; readonly reply: string | undefined }[] = [];
  readonly marks: string[] = [];
  readonly told: AgentLineEvent[] = [];
  flushes = 0;
  audio: LineAudio | undefined;
  ended: AgentLineEnd | undefined;
  unheardMs = 0;
  heardPart: HeardPart = { reply: undefined, heardMs: 0 };

  /** What was sent as text, parsed; empties what was sent. */
  takeMessages(): Record<string, unknown>[] {
    return this.sent
      .splice(0)
      .flatMap((message) => (typeof message === 'string' ? [JSON.parse(message)] : []));
  }

  send(text: string): void {
    this.sent.push(text);
  }

  sendOctets(octets: Uint8Array): void {
    this.sent.push(new Uint8Array(octets));
  }

  ready(audio: LineAudio): void {
    this.audio = audio;
  }

  play(octets: Uint8Array, reply?: string): void {
    this.played.push({ octets, reply });
  }

  flush(): TakenBack {
    this.flushes += 1;
    this.unheardMs = 0;
    return { ...this.heardPart, unheardReplies: [] };
  }

  heard(): HeardPart {
    return this.heardPart;
  }

  mark(name: string): void {
    this.marks.push(name);
  }

  tell(event: AgentLineEvent): void {
    this.told.push(event);
  }

  end(reason: AgentLineEnd): void {
    this.ended ??= reason;
  }
}

export const inboundLineCall: LineCall = {
  sessionId: '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11',
  callId: 'a84b4c76e66710',
  direction: 'inbound',
  from: '+4915790000687',
  to: '+4921155660',
  codec: 'PCMU',
};
