/**
 * One vendor's wire form between a leg and an agent that takes and gives audio: what to send when something happens on the
 * line, and what its messages mean. It runs in the media worker, does no I/O, and knows no clock but what it is told.
 */
import type {
  AgentLineEnd,
  AgentLineEvent,
  HeardPart,
  LineAudio,
  LineCallFacts,
  TakenBack,
} from '../../audio/agent-line.ts';

export type { HeardPart, LineAudio };

/** What a protocol may do. Octets handed over belong to the receiver. */
export interface Line {
  send(text: string): void;
  sendOctets(octets: Uint8Array): void;
  /** From now on the caller's audio comes, in this form; the latest second before it comes first. Once for each connection. */
  ready(audio: LineAudio): void;
  /**
   * The agent's audio, at whatever speed it comes: it is queued and paced. `reply` names what it belongs to; audio of a
   * reply that was flushed is dropped.
   */
  play(octets: Uint8Array, reply?: string): void;
  /** Takes back what is not heard yet, marks included; they come back as cleared. Returns how much of the current reply was heard. */
  flush(): TakenBack;
  /** How much of the current reply has been heard so far. */
  heard(): HeardPart;
  /** Comes back to `marked` when what was sent before it has been heard. */
  mark(name: string): void;
  /** Milliseconds that are queued and not heard yet. */
  readonly unheardMs: number;
  tell(event: AgentLineEvent): void;
  /** The connection and the line are given up. */
  end(reason: AgentLineEnd): void;
}

export interface LineProtocol {
  /** The connection stands; `attempt` is 0 for the first. */
  opened(attempt: number): void;
  text(message: string): void;
  octets(message: Uint8Array): void;
  /** A piece of the caller, in the form `ready` named; overwritten by the next. */
  caller(chunk: Uint8Array): void;
  /** By whichever way it came. */
  digit(digit: string, durationMs: number): void;
  /** From the agent's other half on the main thread: plain data. */
  told(message: unknown): void;
  marked(name: string, outcome: 'played' | 'cleared'): void;
  /** Once a second, for what has to be kept alive. */
  second(): void;
  /** The connection broke or was closed by the other end: whether another is worth opening, and after how long. */
  lost(closeCode: number, attempt: number): { readonly reconnectInMs: number } | 'give-up';
  /** The call is over, or the agent is: the last words before the connection is closed. */
  stop(): void;
}

/** What a protocol knows of its call from the start. */
export interface LineCall extends LineCallFacts {
  /** Of the leg: a backend that takes G.711 is best given what the phone speaks. */
  readonly codec: 'PCMU' | 'PCMA' | 'G722' | 'SLIN' | 'SLIN16';
}

/** `settings` is what `AgentLineOptions.settings` carried. */
export type LineProtocolFactory = (line: Line, call: LineCall, settings: unknown) => LineProtocol;
