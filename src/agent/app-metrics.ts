import type { AgentFailure } from './agent.ts';

/** What became of one event that was told to a webhook. */
export type ExchangeOutcome =
  | 'actions'
  | 'no-action'
  | 'html'
  | 'not-json'
  | 'client-error'
  | 'server-error'
  | 'redirected'
  | 'refused'
  | 'unreachable'
  | 'timed-out'
  | 'too-large'
  | 'after-end';

/** What a door to an app counts. Labels are literals of ours. */
export interface AppMetrics {
  exchanged(outcome: ExchangeOutcome, elapsedMs: number): void;
  /** Fields and actions of an app that were not understood. */
  warned(count: number): void;
  /** A WebSocket dropped in mid-call and was dialled again. */
  reconnected(): void;
  /** A call was refused for its app: it did not say in time, or not in words that are understood, what is to happen. */
  agentFailed(reason: AgentFailure): void;
}

export const noMetrics: AppMetrics = {
  exchanged: () => undefined,
  warned: () => undefined,
  reconnected: () => undefined,
  agentFailed: () => undefined,
};
