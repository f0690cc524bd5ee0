import type { Flow } from '../flow.ts';

/** What transactions need of their surroundings. */
export interface TransactionEnvironment {
  transmit(flow: Flow, octets: Uint8Array): void;
  /** Randomness for a branch, unique in space and time; the magic cookie is put before it. */
  newBranch(): string;
  /** Our `host:port` in the Via of requests that go over the flow. */
  sentBy(flow: Flow): string;
  /** Requests larger than this leave UDP for TCP (RFC 3261 section 18.1.1); undefined: never. */
  readonly tcpAboveOctets: number | undefined;
}
