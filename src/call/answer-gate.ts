import type { AgentCommand } from '../agent/agent.ts';
import { extraHeaders } from './extra-headers.ts';
import type { SessionCall } from './session-call.ts';

/**
 * What an agent asks of a call that it answers itself, until it is answered: what needs an answered call answers it, and
 * waits with all behind it until the caller can hear.
 *
 *     ringing --answer-early--> early --answer--> waiting --ACK--> open
 *     ringing --answer, or what needs it--> waiting --ACK--> open
 */
export class AnswerGate {
  readonly #call: SessionCall;
  #state: 'ringing' | 'early' | 'waiting' | 'open';
  #waiting: AgentCommand[] = [];

  constructor(call: SessionCall, isRinging: boolean) {
    this.#call = call;
    this.#state = isRinging ? 'ringing' : 'open';
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Gives back those of the commands that can be carried out now. */
  pass(batch: readonly AgentCommand[]): readonly AgentCommand[] {
    if (this.#state === 'open') return batch;
    return batch.filter((command) => this.#passes(command));
  }

  /** The caller can hear: gives back what has waited. */
  open(): readonly AgentCommand[] {
    this.#state = 'open';
    return this.#waiting.splice(0);
  }

  /** Answers the call, for what is not the agent's wish. */
  answer(): void {
    if (this.#state !== 'ringing' && this.#state !== 'early') return;
    this.#state = 'waiting';
    this.#call.answer();
  }

  #passes(command: AgentCommand): boolean {
    switch (command.kind) {
      case 'answer':
        this.answer();
        return false;
      case 'answer-early':
        if (this.#state !== 'ringing') return false;
        this.#call.answerEarly();
        this.#state = 'early';
        return false;
      case 'decline':
        this.#decline(command);
        return false;
      case 'hang-up':
      case 'interrupt':
        // What waits for an answer that nobody asks for would wait in vain.
        if (this.#state !== 'waiting' || this.#waiting.length === 0) return true;
        break;
      default:
        if (this.#state === 'early' && sounding.has(command.kind)) return true;
        if (needsAnswer.has(command.kind)) this.answer();
    }
    this.#waiting.push(command);
    return false;
  }

  /** Of a call that is answered already, though the caller cannot hear it yet, no more than the end is left. */
  #decline({ statusCode, reason, headers }: Extract<AgentCommand, { kind: 'decline' }>): void {
    if (this.#state === 'waiting') this.#call.hangUp('agent-hung-up');
    else this.#call.decline(statusCode, reason?.replace(/\p{Cc}+/gu, ' '), extraHeaders(headers).headers);
  }
}

/** What can be heard of a call that is not answered. */
const sounding: ReadonlySet<string> = new Set<AgentCommand['kind']>([
  'say',
  'play',
  'loop',
  'stop-loop',
  'play-on-track',
  'adjust-track',
  'think',
]);
const needsAnswer: ReadonlySet<string> = new Set<AgentCommand['kind']>([
  'say',
  'play',
  'loop',
  'play-on-track',
  'open-line',
  'bridge-echo',
  'send-digits',
  'transfer',
  'connect',
  'refer',
]);
