import type { SessionInfo } from '../agent/agent.ts';

/** A session as somebody outside the call may have it: an HTTP API, say. */
export interface RunningSession {
  readonly info: SessionInfo;
  /** The app's own vocabulary; undefined where the agent's has no such thing. */
  takeFromApi(body: unknown): { readonly accepted: number; readonly mistakes: readonly string[] } | undefined;
  /** Ends the call, as the agent would. */
  hangUp(): void;
}
