import type { AgentFailure, EndCause } from '../agent/agent.ts';
import type { AgentLineEnd } from '../audio/agent-line.ts';
import type { LegStats } from '../media/command.ts';

/** `referred`: the caller's own side took it over. */
export type TransferOutcome = 'joined' | 'referred' | 'came-back' | 'ended' | 'cancelled';

/** What the call layer counts. Labels are literals of ours, never input text. */
export interface CallMetrics {
  /** An INVITE, or an Asterisk over AudioSocket. */
  callOffered(): void;
  /** A call that was never answered, by the status of our final response. */
  callRefused(statusCode: number): void;
  callAnswered(): void;
  callEnded(cause: EndCause, durationMs: number): void;
  agentFailed(reason: AgentFailure): void;
  /** `protocol` is a name of the table of them. */
  agentLineEnded(protocol: string, reason: AgentLineEnd): void;
  /** From asking for an utterance to its first sound. */
  speechStarted(elapsedMs: number): void;
  speechFailed(): void;
  /** The caller stopped speaking: something was understood, or it was noise. */
  turnEnded(outcome: 'words' | 'noise'): void;
  /** From the end of what the caller said to the first sound of the answer. */
  replied(elapsedMs: number): void;
  /** The caller's voice stopped the agent's. */
  bargedIn(): void;
  /** `reason` is a literal of the listener's. */
  listeningFailed(reason: string): void;
  /** A call of ours to somebody was not even tried; `reason` is a code of `errors.ts`. */
  outboundRefused(reason: string): void;
  /** A call of ours was answered, or what became of it; a literal. */
  outboundCall(outcome: string): void;
  /** A caller was passed on to somebody else, or came back, or the call was over with it. */
  transferred(outcome: TransferOutcome): void;
  /** A leg's last word. */
  legClosed(stats: LegStats): void;
}
