/**
 * ElevenLabs' agents: JSON both ways, audio in base64, in the formats that the agent's dashboard says.
 * @see https://elevenlabs.io/docs/conversational-ai/customization/events/client-events
 */
import { type JsonObject, numberAt, objectAt, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import type { Line, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import { wireAudioOf } from './elevenlabs-formats.ts';

export interface ElevenLabsLineSettings {
  /** What `conversation_initiation_client_data` says beside its type. */
  readonly initiation: JsonObject;
}

export const createElevenLabsLine: LineProtocolFactory = (line, _call, settings) =>
  new ElevenLabsLine(line, settings as ElevenLabsLineSettings);

/** What the other half on the main thread tells. */
export type ElevenLabsTold =
  | {
      readonly kind: 'tool-result';
      readonly callId: string;
      readonly output: string;
      readonly isError: boolean;
    }
  | { readonly kind: 'update-context'; readonly text: string };

class ElevenLabsLine implements LineProtocol {
  readonly #line: Line;
  readonly #settings: ElevenLabsLineSettings;
  #isReady = false;
  /** Audio with an id up to this one was taken back by the agent. */
  #interruptedUpTo = 0;
  #reply = 0;

  constructor(line: Line, settings: ElevenLabsLineSettings) {
    this.#line = line;
    this.#settings = settings;
  }

  opened(): void {
    this.#send({ type: 'conversation_initiation_client_data', ...this.#settings.initiation });
  }

  /** The one message that has no type. */
  caller(chunk: Uint8Array): void {
    const audio = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('base64');
    this.#line.send(`{"user_audio_chunk":"${audio}"}`);
  }

  text(message: string): void {
    const object = parseJsonObject(message);
    if (object === undefined) this.#line.tell({ kind: 'warning', text: 'a message that is no JSON' });
    else this.#handle(object);
  }

  told(message: unknown): void {
    const told = message as ElevenLabsTold;
    switch (told.kind) {
      case 'tool-result':
        this.#send({
          type: 'client_tool_result',
          tool_call_id: told.callId,
          result: told.output,
          is_error: told.isError,
        });
        return;
      case 'update-context':
        this.#send({ type: 'contextual_update', text: told.text });
        return;
    }
  }

  lost(): 'give-up' {
    return 'give-up';
  }

  octets(): void {
    this.#line.tell({ kind: 'warning', text: 'a binary message' });
  }

  digit(): void {}

  marked(): void {}

  second(): void {}

  stop(): void {}

  #handle(message: JsonObject): void {
    switch (textAt(message, 'type')) {
      case 'conversation_initiation_metadata':
        this.#begin(objectAt(message, 'conversation_initiation_metadata_event'));
        return;
      case 'audio':
        this.#play(objectAt(message, 'audio_event'));
        return;
      case 'interruption':
        this.#interrupt(numberAt(objectAt(message, 'interruption_event'), 'event_id'));
        return;
      case 'ping':
        this.#send({ type: 'pong', event_id: objectAt(message, 'ping_event')?.['event_id'] });
        return;
      case 'user_transcript':
        this.#callerSaid(textAt(objectAt(message, 'user_transcription_event'), 'user_transcript') ?? '');
        return;
      case 'agent_response': {
        const text = textAt(objectAt(message, 'agent_response_event'), 'agent_response') ?? '';
        this.#line.tell({ kind: 'agent-said', text: text.trim(), interrupted: false });
        return;
      }
      case 'agent_response_correction': {
        const event = objectAt(message, 'agent_response_correction_event');
        const text = textAt(event, 'corrected_agent_response') ?? '';
        this.#line.tell({ kind: 'agent-said', text: text.trim(), interrupted: true });
        return;
      }
      case 'client_tool_call':
        this.#call(objectAt(message, 'client_tool_call'));
        return;
      default:
        return;
    }
  }

  #begin(event: JsonObject | undefined): void {
    const toAgent = wireAudioOf(textAt(event, 'user_input_audio_format'));
    const fromAgent = wireAudioOf(textAt(event, 'agent_output_audio_format'));
    if (toAgent === undefined || fromAgent === undefined) {
      const formats = [event?.['user_input_audio_format'], event?.['agent_output_audio_format']];
      this.#line.tell({ kind: 'warning', text: `formats that are not spoken here: ${formats.join(', ')}` });
      this.#line.end('rejected');
      return;
    }
    this.#isReady = true;
    this.#line.ready({ toAgent, chunkMs: 20, fromAgent });
  }

  #play(event: JsonObject | undefined): void {
    const audio = textAt(event, 'audio_base_64');
    const id = numberAt(event, 'event_id');
    if (!this.#isReady || audio === undefined) return;
    if (id !== undefined && id <= this.#interruptedUpTo) return;
    this.#line.play(Buffer.from(audio, 'base64'), String(this.#reply));
  }

  /** What was sent before it is taken back, and what is still on its way with an id up to that of the event. */
  #interrupt(upTo: number | undefined): void {
    this.#interruptedUpTo = Math.max(this.#interruptedUpTo, upTo ?? 0);
    const wasSpeaking = this.#line.unheardMs > 0;
    const { heardMs } = this.#line.flush();
    this.#reply += 1;
    if (!wasSpeaking) return;
    this.#line.tell({ kind: 'caller-began' });
    this.#line.tell({ kind: 'interrupted', heardMs });
  }

  #callerSaid(text: string): void {
    this.#reply += 1;
    this.#line.tell({ kind: 'caller-ended' });
    this.#line.tell({ kind: 'caller-said', text: text.trim() });
  }

  #call(call: JsonObject | undefined): void {
    const callId = textAt(call, 'tool_call_id');
    const name = textAt(call, 'tool_name');
    if (callId === undefined || name === undefined) return;
    this.#line.tell({ kind: 'tool-call', callId, name, arguments: objectAt(call, 'parameters') ?? {} });
  }

  #send(message: object): void {
    this.#line.send(JSON.stringify(message));
  }
}
