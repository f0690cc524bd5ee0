/** Where time comes from: one instance for the process, a hand-driven one in tests. */
export interface Clock {
  /** Monotonic milliseconds, for every interval and deadline. */
  nowMs(): number;
  /** Unix epoch milliseconds, for logs, stores and what agents are told. */
  wallMs(): number;
}

/** How the layers that may wait do so. */
export interface Timers {
  /** Runs `action` once, `delayMs` from now; the function given back cancels it. */
  schedule(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock & Timers = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule(delayMs, action) {
    const timer = setTimeout(action, Math.max(0, delayMs));
    return () => clearTimeout(timer);
  },
};
