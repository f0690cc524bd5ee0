/** Where time comes from: one instance for the process, a hand-driven one in tests. */
export interface Clock {
  /** Monotonic milliseconds, for every interval and deadline. */
  nowMs(): number;
  /** Unix epoch milliseconds, for logs, stores and what agents are told. */
  wallMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
};
