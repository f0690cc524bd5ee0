/** How far the caller's own call has come, and what the app is told of it. */
import type { Clock } from '../../clock.ts';
import type { EndCause } from '../agent.ts';
import type { CallFacts, CallStatus } from './call-facts.ts';
import { finalStatusOf } from './final-status.ts';
import type { AppData } from './link/app-link.ts';

export class CallProgress {
  readonly #facts: CallFacts;
  readonly #clock: Clock;
  readonly #tell: (data: AppData) => void;
  #answeredMs: number | undefined;
  #refusedWith: number | undefined;
  hasEarlyMedia = false;

  constructor(facts: CallFacts, clock: Clock, tell: (data: AppData) => void) {
    this.#facts = facts;
    this.#clock = clock;
    this.#tell = tell;
  }

  get isAnswered(): boolean {
    return this.#answeredMs !== undefined;
  }

  began(): void {
    this.#become('trying', 100);
  }

  opened(): void {
    this.hasEarlyMedia = true;
    this.#become('early-media', 183);
  }

  answered(): void {
    if (this.isAnswered) return;
    this.#answeredMs = this.#clock.nowMs();
    this.#become('in-progress', 200);
  }

  /** The app refuses the call; the first status counts. */
  refusedWith(statusCode: number): void {
    this.#refusedWith ??= statusCode;
  }

  ended(cause: EndCause): void {
    const by = { call_termination_by: cause === 'caller-hung-up' ? 'caller' : 'jambonz' };
    if (this.#answeredMs !== undefined) {
      const duration = Math.round((this.#clock.nowMs() - this.#answeredMs) / 1000);
      this.#become('completed', 200, { duration, ...by });
      return;
    }
    const statusCode =
      this.#refusedWith ?? (cause === 'caller-hung-up' ? REQUEST_TERMINATED : SERVER_INTERNAL_ERROR);
    const status =
      statusCode === this.#refusedWith && statusCode === TEMPORARILY_UNAVAILABLE ? 'failed' : undefined;
    this.#become(status ?? finalStatusOf(statusCode), statusCode, { duration: 0, ...by });
  }

  #become(status: CallStatus, statusCode: number, fields: AppData = {}): void {
    this.#facts.set(status, statusCode);
    this.#tell({ ...this.#facts.base, ...fields });
  }
}

const TEMPORARILY_UNAVAILABLE = 480;
const REQUEST_TERMINATED = 487;
const SERVER_INTERNAL_ERROR = 500;
