import { type JsonObject, parseJsonObject, textAt } from '../voice-agent/json-message.ts';
import type { Line } from '../voice-agent/line-protocol.ts';
import type { VoiceAgentTold } from '../voice-agent/told.ts';

/** The agent's responses: one at a time, each of items of audio that may be cut short, and of calls of functions. */
export class OpenAiResponses {
  readonly #line: Line;
  readonly #send: (message: object) => void;
  #isRunning = false;
  /** One was asked for, and is not there yet. */
  #isRequested = false;
  /** Instructions of the next response, undefined: none of its own. Absent: none is wanted. */
  #wanted: { readonly instructions: string | undefined } | undefined;
  /** Of the latest items with audio: the content part that it is, by item. */
  readonly #contentIndexes = new Map<string, number>();
  /** Items that were taken back. */
  readonly #cut = new Set<string>();
  /** Names of functions by call; copies of the API tell them with the item alone. */
  readonly #names = new Map<string, string>();
  readonly #openCalls = new Set<string>();
  /** Those of the latest response. */
  readonly #awaitedCalls = new Set<string>();

  constructor(line: Line, send: (message: object) => void) {
    this.#line = line;
    this.#send = send;
  }

  /** A new session knows nothing of what was before. */
  forget(): void {
    this.#isRunning = false;
    this.#isRequested = false;
    this.#wanted = undefined;
    this.#openCalls.clear();
    this.#awaitedCalls.clear();
  }

  /** The conversation goes on without answers that are still due: some never come, as that of a call while nobody listened. */
  created(): void {
    this.#isRunning = true;
    this.#awaitedCalls.clear();
    this.#isRequested = false;
  }

  /** The server complained: perhaps about what was asked for. */
  refused(): void {
    this.#isRequested = false;
  }

  done(response: JsonObject | undefined): void {
    this.#isRunning = false;
    if (textAt(response, 'status') === 'failed')
      this.#line.tell({
        kind: 'warning',
        text: `a response failed: ${JSON.stringify(response?.['status_details'])}`,
      });
    this.#createWanted();
  }

  audio(octets: Uint8Array, itemId: string, contentIndex: number): void {
    if (this.#cut.has(itemId)) return;
    if (!this.#contentIndexes.has(itemId)) {
      if (this.#contentIndexes.size >= ITEMS_KEPT) this.#contentIndexes.clear();
      this.#contentIndexes.set(itemId, contentIndex);
    }
    this.#line.play(octets, itemId);
  }

  /** The caller speaks: what was not heard has not been said, and the conversation is to know that. */
  interrupt(): void {
    const isCut = this.#line.unheardMs > 0;
    const { reply: itemId, heardMs, unheardReplies } = this.#line.flush();
    if (itemId === undefined || (!isCut && !this.#isRunning)) return;
    if (this.#cut.size >= ITEMS_KEPT) this.#cut.clear();
    this.#cut.add(itemId);
    if (!isCut) return;
    this.#line.tell({ kind: 'interrupted', heardMs });
    this.#truncate(itemId, heardMs);
    for (const laterId of unheardReplies) {
      this.#cut.add(laterId);
      this.#truncate(laterId, 0);
    }
  }

  said(itemId: string | undefined, text: string): void {
    const interrupted = itemId !== undefined && this.#cut.has(itemId);
    this.#line.tell({ kind: 'agent-said', text, interrupted });
  }

  named(item: JsonObject | undefined): void {
    const callId = textAt(item, 'call_id');
    const name = textAt(item, 'name');
    if (textAt(item, 'type') === 'function_call' && callId !== undefined && name !== undefined)
      this.#names.set(callId, name);
  }

  called(message: JsonObject): void {
    const callId = textAt(message, 'call_id');
    if (callId === undefined) return;
    const name = textAt(message, 'name') ?? this.#names.get(callId) ?? '';
    this.#names.delete(callId);
    this.#openCalls.add(callId);
    this.#awaitedCalls.add(callId);
    const given = parseJsonObject(textAt(message, 'arguments') ?? '') ?? {};
    this.#line.tell({ kind: 'agent-thinks' });
    this.#line.tell({ kind: 'tool-call', callId, name, arguments: given });
  }

  /** When all functions of a response have answered there is something to say about it. */
  toolResult({ callId, output, isLast }: Extract<VoiceAgentTold, { kind: 'tool-result' }>): void {
    if (!this.#openCalls.delete(callId)) return;
    this.#awaitedCalls.delete(callId);
    const item = { type: 'function_call_output', call_id: callId, output };
    this.#send({ type: 'conversation.item.create', item });
    if (!isLast) this.#wanted ??= { instructions: undefined };
    this.#createWanted();
  }

  fromCaller(text: string): void {
    const item = { type: 'message', role: 'user', content: [{ type: 'input_text', text }] };
    this.#send({ type: 'conversation.item.create', item });
    this.#wanted ??= { instructions: undefined };
    this.#createWanted();
  }

  create(instructions: string): void {
    this.#wanted = { instructions };
    this.#createWanted();
  }

  #truncate(itemId: string, heardMs: number): void {
    this.#send({
      type: 'conversation.item.truncate',
      item_id: itemId,
      content_index: this.#contentIndexes.get(itemId) ?? 0,
      audio_end_ms: Math.floor(heardMs),
    });
  }

  /** There may be but one response at a time. */
  #createWanted(): void {
    if (this.#wanted === undefined || this.#isRunning || this.#isRequested || this.#awaitedCalls.size > 0)
      return;
    const { instructions } = this.#wanted;
    this.#wanted = undefined;
    this.#isRequested = true;
    this.#send({
      type: 'response.create',
      ...(instructions !== undefined && { response: { instructions } }),
    });
  }
}

/** More cannot be on their way at a time. */
const ITEMS_KEPT = 64;
