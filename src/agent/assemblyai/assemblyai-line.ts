/**
 * AssemblyAI's voice agent API: a JSON WebSocket with audio as base64 inside. Its answers come faster than they are
 * spoken, so that `reply.done` is about what was made, not about what was heard.
 * @see https://www.assemblyai.com/docs/voice-agents/voice-agent-api
 */
import { base64Of, octetsOf } from '../voice-agent/audio-text.ts';
import { type JsonObject, objectAt, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import type { Line, LineCall, LineProtocol, LineProtocolFactory } from '../voice-agent/line-protocol.ts';
import { Nonsense } from '../voice-agent/nonsense.ts';
import type { VoiceAgentTold } from '../voice-agent/told.ts';
import { AssemblyAiReplies } from './assemblyai-replies.ts';
import {
  type AssemblyAiFormats,
  type AssemblyAiSettings,
  formatsFor,
  formatsIn,
  sessionUpdate,
} from './assemblyai-session.ts';

export const createAssemblyAiLine: LineProtocolFactory = (line, call, settings) =>
  new AssemblyAiLine(line, call, settings as AssemblyAiSettings);

class AssemblyAiLine implements LineProtocol {
  readonly #line: Line;
  readonly #settings: AssemblyAiSettings;
  readonly #formats: AssemblyAiFormats;
  readonly #nonsense: Nonsense;
  readonly #replies: AssemblyAiReplies;
  #sessionId: string | undefined;
  #state: 'starting' | 'resuming' | 'ready' = 'starting';
  /** Connections lost since the session was ready. */
  #losses = 0;

  constructor(line: Line, call: LineCall, settings: AssemblyAiSettings) {
    this.#line = line;
    this.#settings = settings;
    this.#formats = formatsFor(settings, call.codec);
    this.#nonsense = new Nonsense(line);
    this.#replies = new AssemblyAiReplies(line, settings, (message) => this.#send(message));
  }

  /** One that was lost is resumed once; a new session in its place has greeted already. */
  opened(attempt: number): void {
    if (this.#losses === 1 && this.#sessionId !== undefined) {
      this.#state = 'resuming';
      this.#send({ type: 'session.resume', session_id: this.#sessionId });
    } else {
      this.#start(attempt === 0);
    }
  }

  caller(chunk: Uint8Array): void {
    this.#line.send(`{"type":"input.audio","audio":"${base64Of(chunk)}"}`);
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
        this.#replies.toolResult(told);
        return;
      case 'say':
        this.#replies.ask(told.text);
        return;
      case 'from-caller':
        this.#replies.ask(`The caller tells you, not by voice: "${told.text}". Answer that.`);
        return;
      case 'update-instructions':
        this.#send({ type: 'session.update', session: { system_prompt: told.text } });
        return;
    }
  }

  lost(closeCode: number): { readonly reconnectInMs: number } | 'give-up' {
    this.#losses += 1;
    if (closeCode === POLICY_VIOLATION || closeCode === NORMAL_CLOSURE || this.#losses > MOST_LOSSES)
      return 'give-up';
    return { reconnectInMs: 0 };
  }

  /** Left without a word, a session stays resumable, and is billed, for another 30 s. */
  stop(): void {
    this.#send({ type: 'session.end' });
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

  #start(isGreeting: boolean): void {
    this.#state = 'starting';
    this.#replies.forget();
    this.#send(sessionUpdate(this.#settings, this.#formats, isGreeting));
  }

  #handle(message: JsonObject): void {
    switch (textAt(message, 'type')) {
      case 'session.ready':
        this.#ready(message);
        return;
      case 'session.error':
        this.#sessionError(textAt(message, 'code') ?? '', textAt(message, 'message') ?? '');
        return;
      case 'error':
        this.#line.tell({ kind: 'warning', text: textAt(message, 'message') ?? 'an error' });
        this.#line.end('rejected');
        return;
      case 'session.ended':
        this.#line.end('closed-by-agent');
        return;
      case 'transcript.user':
        this.#line.tell({ kind: 'caller-said', text: textAt(message, 'text') ?? '' });
        return;
      case 'transcript.agent': {
        const text = textAt(message, 'text') ?? '';
        this.#line.tell({ kind: 'agent-said', text, interrupted: message['interrupted'] === true });
        return;
      }
      case 'input.speech.started':
        this.#line.tell({ kind: 'caller-began' });
        this.#replies.callerBegan();
        return;
      case 'input.speech.stopped':
        this.#line.tell({ kind: 'caller-ended' });
        return;
      case 'reply.started':
        this.#replies.started(textAt(message, 'reply_id'));
        return;
      case 'reply.audio':
        this.#audio(message);
        return;
      case 'reply.done':
        this.#replies.done(textAt(message, 'reply_id'), textAt(message, 'status') === 'interrupted');
        return;
      case 'tool.call':
        this.#toolCall(message);
        return;
      case undefined:
        this.#nonsense.add('a message without a type');
        return;
      default:
        // Deltas, acknowledgements, and what was added to the API since.
        return;
    }
  }

  /** A session may run though what was asked for was refused; then it runs with formats of its own. */
  #ready(message: JsonObject): void {
    const config = objectAt(message, 'config');
    const formats = formatsIn(config, this.#formats);
    const isAsked = sameForm(formats, this.#formats);
    if (formats === undefined || (!isAsked && this.#settings.agentId === undefined)) {
      this.#line.tell({ kind: 'warning', text: 'the session has other audio formats than it was asked for' });
      this.#line.end('rejected');
      return;
    }
    this.#sessionId = textAt(message, 'session_id') ?? this.#sessionId;
    this.#state = 'ready';
    this.#losses = 0;
    this.#line.ready({
      toAgent: formats.input,
      chunkMs: CHUNK_MS,
      fromAgent: formats.output,
      forgetsEarly: true,
    });
  }

  #sessionError(code: string, message: string): void {
    this.#line.tell({ kind: 'warning', text: `${code}: ${message}` });
    if (this.#state === 'resuming' && RESUME_ERRORS.has(code)) this.#start(false);
    else if (this.#state !== 'ready' || FATAL_ERRORS.has(code)) this.#line.end('rejected');
  }

  #audio(message: JsonObject): void {
    const octets = octetsOf(textAt(message, 'data'));
    if (octets === undefined) this.#nonsense.add('audio that is none');
    else this.#replies.audio(octets, textAt(message, 'reply_id'));
  }

  #toolCall(message: JsonObject): void {
    const callId = textAt(message, 'call_id');
    const name = textAt(message, 'name');
    if (callId === undefined || name === undefined) {
      this.#nonsense.add('a tool call without a name');
      return;
    }
    this.#replies.toolCall(callId);
    this.#line.tell({ kind: 'agent-thinks' });
    this.#line.tell({ kind: 'tool-call', callId, name, arguments: argumentsOf(message) });
  }

  #send(message: object): void {
    this.#line.send(JSON.stringify(message));
  }
}

/** `arguments`, or `args` as it was called before; an object, or JSON of one. */
function argumentsOf(message: JsonObject): JsonObject {
  const name = message['arguments'] === undefined ? 'args' : 'arguments';
  return objectAt(message, name) ?? parseJsonObject(textAt(message, name) ?? '') ?? {};
}

function sameForm(formats: AssemblyAiFormats | undefined, asked: AssemblyAiFormats): boolean {
  return (
    formats?.input.encoding === asked.input.encoding && formats.output.encoding === asked.output.encoding
  );
}

/** About 50 ms suit the API; frames are of 20. */
const CHUNK_MS = 60;
/** RFC 6455 section 7.4.1. */
const NORMAL_CLOSURE = 1000;
const POLICY_VIOLATION = 1008;
const MOST_LOSSES = 2;
const RESUME_ERRORS: ReadonlySet<string> = new Set([
  'session_not_found',
  'session_forbidden',
  'session_expired',
]);
const FATAL_ERRORS: ReadonlySet<string> = new Set([
  'UNAUTHORIZED',
  'FORBIDDEN',
  'agent_not_found',
  'session_expired',
]);
