/**
 * OpenAI's Realtime API over a WebSocket, in its own names and in those of its beta, which many copies still use.
 * @see https://platform.openai.com/docs/api-reference/realtime
 */
import type { WireAudio } from '../../audio/agent-line.ts';
import { base64Of, octetsOf } from '../voice-agent/audio-text.ts';
import { type JsonObject, numberAt, objectAt, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import type { Line, LineCall, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import { Nonsense } from '../voice-agent/nonsense.ts';
import type { VoiceAgentTold } from '../voice-agent/told.ts';
import { OpenAiResponses } from './openai-responses.ts';
import { type OpenAiSettings, sessionUpdate, wireAudioFor } from './openai-session.ts';

export const createOpenAiLine: LineProtocolFactory = (line, call, settings) =>
  new OpenAiLine(line, call, settings as OpenAiSettings);

class OpenAiLine implements LineProtocol {
  readonly #line: Line;
  readonly #settings: OpenAiSettings;
  readonly #form: WireAudio;
  readonly #nonsense: Nonsense;
  readonly #responses: OpenAiResponses;
  #state: 'awaiting-session' | 'awaiting-update' | 'ready' = 'awaiting-session';
  #hasGreeted = false;
  /** Connections lost since the session was ready. */
  #losses = 0;

  constructor(line: Line, call: LineCall, settings: OpenAiSettings) {
    this.#line = line;
    this.#settings = settings;
    this.#form = wireAudioFor(settings.audio, call.codec);
    this.#nonsense = new Nonsense(line);
    this.#responses = new OpenAiResponses(line, (message) => this.#send(message));
  }

  opened(): void {
    this.#state = 'awaiting-session';
    this.#responses.forget();
  }

  caller(chunk: Uint8Array): void {
    this.#line.send(`{"type":"input_audio_buffer.append","audio":"${base64Of(chunk)}"}`);
  }

  text(message: string): void {
    const object = parseJsonObject(message);
    if (object === undefined) this.#nonsense.add('a message that is no JSON');
    else this.#handle(object);
  }

  octets(): void {
    this.#nonsense.add('a binary message');
  }

  told(message: unknown): void {
    const told = message as VoiceAgentTold;
    switch (told.kind) {
      case 'tool-result':
        this.#responses.toolResult(told);
        return;
      case 'say':
        this.#responses.create(told.text);
        return;
      case 'from-caller':
        this.#responses.fromCaller(told.text);
        return;
      case 'update-instructions': {
        const type = this.#settings.dialect === 'ga' ? { type: 'realtime' } : {};
        this.#send({ type: 'session.update', session: { ...type, instructions: told.text } });
        return;
      }
    }
  }

  /** There is nothing to resume: a new session knows nothing of the conversation, and does not greet again. */
  lost(closeCode: number): { readonly reconnectInMs: number } | 'give-up' {
    this.#losses += 1;
    const isWanted = closeCode === NORMAL_CLOSURE || closeCode === POLICY_VIOLATION || closeCode >= OWN_CODES;
    return isWanted || this.#losses > 1 ? 'give-up' : { reconnectInMs: 0 };
  }

  stop(): void {
    // Closing the connection ends the session.
  }

  digit(): void {
    // The API has no word for it: the main thread puts keys into words.
  }

  marked(): void {
    // Nor for marks.
  }

  second(): void {
    // The caller's audio keeps the connection alive.
  }

  #handle(message: JsonObject): void {
    switch (textAt(message, 'type')) {
      case 'session.created':
        if (this.#state !== 'awaiting-session') return;
        this.#state = 'awaiting-update';
        this.#send(sessionUpdate(this.#settings, this.#form));
        return;
      case 'session.updated':
        if (this.#state === 'awaiting-update') this.#ready();
        return;
      case 'response.created':
        this.#responses.created();
        return;
      case 'response.output_audio.delta':
      case 'response.audio.delta':
        this.#audio(message);
        return;
      case 'response.done':
        this.#responses.done(objectAt(message, 'response'));
        return;
      case 'input_audio_buffer.speech_started':
        this.#line.tell({ kind: 'caller-began' });
        // A server that is told not to interrupt goes on speaking, and so do we.
        if (this.#settings.turnDetection?.['interrupt_response'] !== false) this.#responses.interrupt();
        return;
      case 'input_audio_buffer.speech_stopped':
        this.#line.tell({ kind: 'caller-ended' });
        return;
      case 'conversation.item.input_audio_transcription.completed':
        this.#line.tell({ kind: 'caller-said', text: (textAt(message, 'transcript') ?? '').trim() });
        return;
      case 'response.output_audio_transcript.done':
      case 'response.audio_transcript.done':
        this.#responses.said(textAt(message, 'item_id'), textAt(message, 'transcript') ?? '');
        return;
      case 'response.output_item.added':
        this.#responses.named(objectAt(message, 'item'));
        return;
      case 'response.function_call_arguments.done':
        this.#responses.called(message);
        return;
      case 'error':
        this.#complain(objectAt(message, 'error'));
        return;
      case undefined:
        this.#nonsense.add('a message without a type');
        return;
      default:
        return;
    }
  }

  #ready(): void {
    const form = this.#form;
    this.#state = 'ready';
    this.#losses = 0;
    this.#line.ready({ toAgent: form, chunkMs: CHUNK_MS, fromAgent: form });
    const { greeting } = this.#settings;
    if (greeting !== undefined && !this.#hasGreeted) this.#responses.create(`Say exactly: ${greeting}`);
    this.#hasGreeted = true;
  }

  #audio(message: JsonObject): void {
    const octets = octetsOf(textAt(message, 'delta'));
    const itemId = textAt(message, 'item_id');
    if (octets === undefined || itemId === undefined) this.#nonsense.add('audio that is none');
    else this.#responses.audio(octets, itemId, numberAt(message, 'content_index') ?? 0);
  }

  /** Most errors are about one message of ours; before the session stands they are about the session. */
  #complain(error: JsonObject | undefined): void {
    const code = textAt(error, 'code') ?? textAt(error, 'type') ?? 'no code';
    this.#responses.refused();
    this.#line.tell({ kind: 'warning', text: `${code}: ${textAt(error, 'message') ?? ''}` });
    if (this.#state !== 'ready' || code === 'session_expired') this.#line.end('rejected');
  }

  #send(message: object): void {
    this.#line.send(JSON.stringify(message));
  }
}

const CHUNK_MS = 40;
/** RFC 6455 section 7.4.1. */
const NORMAL_CLOSURE = 1000;
const POLICY_VIOLATION = 1008;
/** Codes that a server has a meaning of its own for. */
const OWN_CODES = 4000;
