/** RTT estimate: what every other timer is derived from (RFC 3261 section 17.1.1.1). */
export const T1_MS = 500;
/** Longest interval between retransmissions of a non-INVITE request or a response to INVITE. */
export const T2_MS = 4000;
/** How long a message may stay in the network. */
const T4_MS = 5000;

/** 64 * T1: how long a transaction waits for its peer, and a 2xx for its ACK. */
export const TRANSACTION_TIMEOUT_MS: number = 64 * T1_MS;

/**
 * The lettered timers of RFC 3261 table 4 and RFC 6026, in milliseconds. A, E and G are first intervals, absent
 * where the transport repeats by itself; of the rest, zero means "at once".
 */
export interface TransactionTimers {
  readonly a: number | undefined;
  readonly b: number;
  readonly d: number;
  readonly e: number | undefined;
  readonly f: number;
  readonly g: number | undefined;
  readonly h: number;
  readonly i: number;
  readonly j: number;
  readonly k: number;
  readonly l: number;
  readonly m: number;
}

export function timersFor(reliable: boolean): TransactionTimers {
  return reliable ? reliableTimers : unreliableTimers;
}

/** The next interval of timers E and G, and of a 2xx the user agent repeats: doubled, but never over T2. */
export function nextInterval(intervalMs: number): number {
  return Math.min(2 * intervalMs, T2_MS);
}

const unreliableTimers: TransactionTimers = {
  a: T1_MS,
  b: TRANSACTION_TIMEOUT_MS,
  d: TRANSACTION_TIMEOUT_MS,
  e: T1_MS,
  f: TRANSACTION_TIMEOUT_MS,
  g: T1_MS,
  h: TRANSACTION_TIMEOUT_MS,
  i: T4_MS,
  j: TRANSACTION_TIMEOUT_MS,
  k: T4_MS,
  l: TRANSACTION_TIMEOUT_MS,
  m: TRANSACTION_TIMEOUT_MS,
};

const reliableTimers: TransactionTimers = {
  ...unreliableTimers,
  a: undefined,
  d: 0,
  e: undefined,
  g: undefined,
  i: 0,
  j: 0,
  k: 0,
};
