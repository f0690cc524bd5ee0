/**
 * Deepgram's voice agent: settings first, then audio in binary messages both ways, and what happens as JSON.
 * @see https://developers.deepgram.com/docs/voice-agent
 */
import type { WireAudio } from '../../audio/agent-line.ts';
import { type JsonObject, objectsAt, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import { LastAnswers } from '../voice-agent/last-answers.ts';
import type { Line, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import { Nonsense } from '../voice-agent/nonsense.ts';
import type { VoiceAgentTold } from '../voice-agent/told.ts';
import { type DeepgramLineSettings, settingsMessage, wireAudioFor } from './deepgram-settings.ts';

export const createDeepgramLine: LineProtocolFactory = (line, call, settings) => {
  const chosen = settings as DeepgramLineSettings;
  return new DeepgramLine(line, chosen, wireAudioFor(chosen.audio, call.codec));
};

class DeepgramLine implements LineProtocol {
  readonly #line: Line;
  readonly #settings: DeepgramLineSettings;
  readonly #audio: WireAudio;
  #state: 'awaiting-welcome' | 'awaiting-settings' | 'ready' = 'awaiting-welcome';
  #reply = 0;
  /** Between the first audio of a reply and `AgentAudioDone`. */
  #isReplyComing = false;
  /** What comes now is the rest of a reply that the caller has interrupted. */
  #isStale = false;
  /** Names of functions by the id of their call: an answer repeats both. */
  readonly #calls = new Map<string, string>();
  readonly #answers: LastAnswers = new LastAnswers(({ callId, output }) => this.#answer(callId, output));
  readonly #nonsense: Nonsense;
  #quietSeconds = 0;

  constructor(line: Line, settings: DeepgramLineSettings, audio: WireAudio) {
    this.#line = line;
    this.#settings = settings;
    this.#audio = audio;
    this.#nonsense = new Nonsense(line);
  }

  opened(): void {
    this.#state = 'awaiting-welcome';
  }

  caller(chunk: Uint8Array): void {
    this.#quietSeconds = 0;
    this.#line.sendOctets(chunk);
  }

  octets(message: Uint8Array): void {
    if (this.#state !== 'ready') return;
    this.#isReplyComing = true;
    this.#line.play(message, String(this.#reply));
  }

  text(message: string): void {
    const object = parseJsonObject(message);
    if (object === undefined) this.#nonsense.add('a message that is no JSON');
    else this.#handle(object);
  }

  told(message: unknown): void {
    if (this.#state !== 'ready') return;
    const told = message as VoiceAgentTold;
    switch (told.kind) {
      case 'tool-result':
        this.#answers.add(told);
        return;
      case 'say':
        this.#send({ type: 'InjectAgentMessage', message: told.text });
        return;
      case 'from-caller':
        this.#send({ type: 'InjectUserMessage', content: told.text });
        return;
      case 'update-instructions':
        this.#send({ type: 'UpdatePrompt', prompt: told.text });
        return;
    }
  }

  /** Only a line that the caller's audio does not keep alive needs it. */
  second(): void {
    this.#quietSeconds += 1;
    if (this.#state === 'awaiting-welcome' || this.#quietSeconds < KEEP_ALIVE_S) return;
    this.#send({ type: 'KeepAlive' });
  }

  lost(): 'give-up' {
    return 'give-up';
  }

  digit(): void {
    // The API has no word for it: the main thread puts keys into words.
  }

  marked(): void {
    // Nor for marks.
  }

  stop(): void {
    // A close says it all.
  }

  #handle(message: JsonObject): void {
    switch (textAt(message, 'type')) {
      case 'Welcome':
        if (this.#state !== 'awaiting-welcome') return;
        this.#state = 'awaiting-settings';
        this.#send(settingsMessage(this.#settings, this.#audio));
        return;
      case 'SettingsApplied':
        if (this.#state !== 'awaiting-settings') return;
        this.#state = 'ready';
        this.#line.ready({ toAgent: this.#audio, chunkMs: 20, fromAgent: this.#audio });
        return;
      case 'UserStartedSpeaking':
        this.#callerBegan();
        return;
      case 'AgentThinking':
        this.#beginReply();
        this.#line.tell({ kind: 'agent-thinks' });
        return;
      case 'AgentStartedSpeaking':
        this.#beginReply();
        return;
      case 'AgentAudioDone':
        this.#endReply();
        return;
      case 'ConversationText':
        this.#beginReply();
        this.#said(textAt(message, 'role'), textAt(message, 'content') ?? '');
        return;
      case 'FunctionCallRequest':
        this.#beginReply();
        for (const call of objectsAt(message, 'functions')) this.#call(call);
        return;
      case 'FunctionCallCancelled':
        for (const call of objectsAt(message, 'functions')) this.#calls.delete(textAt(call, 'id') ?? '');
        return;
      case 'Warning':
        this.#line.tell({ kind: 'warning', text: complaint(message) });
        return;
      case 'InjectionRefused':
        this.#line.tell({ kind: 'warning', text: textAt(message, 'message') ?? 'an injection is refused' });
        return;
      case 'Error':
        // An error is the end of a session, which the server may take a while to close.
        this.#line.tell({ kind: 'warning', text: complaint(message) });
        this.#line.end('rejected');
        return;
      default:
        return;
    }
  }

  #callerBegan(): void {
    this.#line.tell({ kind: 'caller-began' });
    this.#answers.callerGoesOn();
    const wasSpeaking = this.#line.unheardMs > 0;
    const { heardMs } = this.#line.flush();
    this.#isStale = this.#isReplyComing;
    if (wasSpeaking) this.#line.tell({ kind: 'interrupted', heardMs });
  }

  /** Whatever tells of an answer tells that the one before it is over. */
  #beginReply(): void {
    if (this.#isStale) this.#endReply();
  }

  /** `AgentAudioDone` is about what was sent, not what was heard. */
  #endReply(): void {
    if (this.#isReplyComing) this.#reply += 1;
    this.#isReplyComing = false;
    this.#isStale = false;
  }

  #said(role: string | undefined, text: string): void {
    if (role === 'assistant') {
      this.#line.tell({ kind: 'agent-said', text, interrupted: false });
    } else if (role === 'user') {
      this.#line.tell({ kind: 'caller-ended' });
      this.#line.tell({ kind: 'caller-said', text });
    }
  }

  #call(call: JsonObject): void {
    const callId = textAt(call, 'id');
    const name = textAt(call, 'name');
    // Those with an endpoint of their own are called by Deepgram.
    if (callId === undefined || name === undefined || call['client_side'] === false) return;
    this.#calls.set(callId, name);
    const given = parseJsonObject(textAt(call, 'arguments') ?? '');
    this.#line.tell({ kind: 'tool-call', callId, name, arguments: given ?? {} });
  }

  #answer(id: string, content: string): void {
    const name = this.#calls.get(id);
    if (name === undefined) return;
    this.#calls.delete(id);
    this.#send({ type: 'FunctionCallResponse', id, name, content });
  }

  #send(message: object): void {
    this.#quietSeconds = 0;
    this.#line.send(JSON.stringify(message));
  }
}

function complaint(message: JsonObject): string {
  return `${textAt(message, 'code') ?? 'no code'}: ${textAt(message, 'description') ?? ''}`;
}

/** Deepgram asks for a sign of life every 8 s. */
const KEEP_ALIVE_S = 8;
