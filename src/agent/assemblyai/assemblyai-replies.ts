import type { Line } from '../voice-agent/line-protocol.ts';
import type { VoiceAgentTold } from '../voice-agent/told.ts';
import type { AssemblyAiSettings } from './assemblyai-session.ts';

/** What becomes of the agent's replies, and of the tools called in them, when the caller speaks in between. */
export class AssemblyAiReplies {
  readonly #line: Line;
  readonly #settings: AssemblyAiSettings;
  readonly #send: (message: object) => void;
  /** Rising; names replies that have no id. */
  #number = 0;
  #current: string | undefined;
  #isRunning = false;
  /** Its audio may be under way still. */
  #interrupted: string | undefined;
  /** The caller spoke into a reply that was complete for AssemblyAI, and not yet heard: it will not be taken back. */
  #isSpokenInto = false;
  /** Open tool calls, each with the reply it came in. */
  readonly #calls = new Map<string, string | undefined>();
  /** What waits until the reply is done. */
  #held: { readonly message: object; readonly isResult: boolean }[] = [];

  constructor(line: Line, settings: AssemblyAiSettings, send: (message: object) => void) {
    this.#line = line;
    this.#settings = settings;
    this.#send = send;
  }

  /** A new session knows nothing of what was before. */
  forget(): void {
    this.#calls.clear();
    this.#held = [];
    this.#isRunning = false;
  }

  started(id: string | undefined): void {
    if (this.#isSpokenInto && this.#line.unheardMs > 0) this.#takeBack();
    this.#isSpokenInto = false;
    this.#begin(id);
  }

  audio(octets: Uint8Array, id: string | undefined): void {
    if (
      this.#current === undefined ||
      (id !== undefined && id !== this.#current && id !== this.#interrupted)
    ) {
      this.#begin(id);
    }
    const reply = id ?? this.#current;
    if (reply !== this.#interrupted) this.#line.play(octets, reply);
  }

  done(id: string | undefined, isInterrupted: boolean): void {
    const reply = id ?? this.#current;
    if (isInterrupted) {
      this.#interrupted = reply;
      for (const [callId, calledIn] of this.#calls) if (calledIn === reply) this.#calls.delete(callId);
      this.#held = this.#held.filter(({ isResult }) => !isResult);
      this.#takeBack();
    }
    if (reply !== this.#current) return;
    this.#isRunning = false;
    for (const { message } of this.#held) this.#send(message);
    this.#held = [];
  }

  callerBegan(): void {
    if (this.#settings.flushOn === 'speech-started') {
      if (this.#line.unheardMs > 0) this.#takeBack();
    } else if (!this.#isRunning && this.#line.unheardMs > 0) {
      this.#isSpokenInto = true;
    }
  }

  toolCall(callId: string): void {
    this.#calls.set(callId, this.#isRunning ? this.#current : undefined);
  }

  /** The result of a call that was interrupted is of no use any more. */
  toolResult({ callId, output, isError }: Extract<VoiceAgentTold, { kind: 'tool-result' }>): void {
    if (!this.#calls.delete(callId)) return;
    const message = {
      type: 'tool.result',
      call_id: callId,
      result: output,
      ...(isError && { is_error: true }),
    };
    const waits = this.#isRunning && this.#settings.sendToolResult === 'after-reply-done';
    if (waits) this.#held.push({ message, isResult: true });
    else this.#send(message);
  }

  ask(instructions: string): void {
    const message = { type: 'reply.create', instructions };
    if (this.#isRunning) this.#held.push({ message, isResult: false });
    else this.#send(message);
  }

  #begin(id: string | undefined): void {
    this.#number += 1;
    this.#current = id ?? `reply ${this.#number}`;
    this.#isRunning = true;
  }

  #takeBack(): void {
    const wasHeard = this.#line.unheardMs > 0;
    const { heardMs } = this.#line.flush();
    if (wasHeard) this.#line.tell({ kind: 'interrupted', heardMs });
  }
}
