/**
 * ElevenLabs' agents: JSON both ways, audio in base64, in the formats that the agent's dashboard says.
 * @see https://elevenlabs.io/docs/conversational-ai/customization/events/client-events
 */
import { base64Of, octetsOf } from '../voice-agent/audio-text.ts';
import { type JsonObject, numberAt, objectAt, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import { LastAnswers } from '../voice-agent/last-answers.ts';
import type { Line, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import { Nonsense } from '../voice-agent/nonsense.ts';
import type { VoiceAgentTold } from '../voice-agent/told.ts';
import { wireAudioOf } from './elevenlabs-formats.ts';

export interface ElevenLabsLineSettings {
  /** What `conversation_initiation_client_data` says beside its type. */
  readonly initiation: JsonObject;
}

export const createElevenLabsLine: LineProtocolFactory = (line, _call, settings) =>
  new ElevenLabsLine(line, settings as ElevenLabsLineSettings);

class ElevenLabsLine implements LineProtocol {
  readonly #line: Line;
  readonly #settings: ElevenLabsLineSettings;
  #isReady = false;
  /** Audio with an id up to this one was taken back by the agent. */
  #interruptedUpTo = 0;
  #reply = 0;
  readonly #nonsense: Nonsense;
  readonly #answers: LastAnswers = new LastAnswers(({ callId, output, isError }) =>
    this.#send({ type: 'client_tool_result', tool_call_id: callId, result: output, is_error: isError }),
  );

  constructor(line: Line, settings: ElevenLabsLineSettings) {
    this.#line = line;
    this.#settings = settings;
    this.#nonsense = new Nonsense(line);
  }

  opened(): void {
    this.#send({ type: 'conversation_initiation_client_data', ...this.#settings.initiation });
  }

  /** The one message that has no type. */
  caller(chunk: Uint8Array): void {
    this.#line.send(`{"user_audio_chunk":"${base64Of(chunk)}"}`);
  }

  text(message: string): void {
    const object = parseJsonObject(message);
    if (object === undefined) this.#nonsense.add('a message that is no JSON');
    else this.#handle(object);
  }

  told(message: unknown): void {
    const told = message as VoiceAgentTold;
    switch (told.kind) {
      case 'tool-result':
        this.#answers.add(told);
        return;
      case 'say':
      case 'from-caller':
        this.#send({ type: 'user_message', text: told.text });
        return;
      case 'update-instructions':
        this.#send({ type: 'contextual_update', text: told.text });
        return;
    }
  }

  lost(): 'give-up' {
    return 'give-up';
  }

  octets(): void {
    this.#nonsense.add('a binary message');
  }

  digit(): void {
    // The API has no word for it: the main thread puts keys into words.
  }

  marked(): void {
    // Nor for marks.
  }

  second(): void {
    // The other end pings.
  }

  stop(): void {
    // A close says it all.
  }

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
      case 'client_error':
        this.#line.tell({ kind: 'warning', text: errorIn(objectAt(message, 'client_error_event')) });
        return;
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
    const audio = octetsOf(textAt(event, 'audio_base_64'));
    const id = numberAt(event, 'event_id');
    if (!this.#isReady || audio === undefined) return;
    if (id !== undefined && id <= this.#interruptedUpTo) return;
    this.#line.play(audio, String(this.#reply));
  }

  /** What was sent before it is taken back, and what is still on its way with an id up to that of the event. */
  #interrupt(upTo: number | undefined): void {
    this.#interruptedUpTo = Math.max(this.#interruptedUpTo, upTo ?? 0);
    const wasSpeaking = this.#line.unheardMs > 0;
    const { heardMs } = this.#line.flush();
    this.#reply += 1;
    this.#answers.callerGoesOn();
    if (!wasSpeaking) return;
    this.#line.tell({ kind: 'caller-began' });
    this.#line.tell({ kind: 'interrupted', heardMs });
  }

  #callerSaid(text: string): void {
    this.#reply += 1;
    this.#answers.callerGoesOn();
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

function errorIn(event: JsonObject | undefined): string {
  return textAt(event, 'message') ?? textAt(event, 'reason') ?? 'an error without words';
}
