import type { ClientAction, ClientMachine } from './actions.ts';
import { type TransactionTimers, timersFor } from './timers.ts';

type State =
  | { name: 'calling'; retransmitAtMs: number | undefined; intervalMs: number; timeoutAtMs: number }
  | { name: 'proceeding' }
  | { name: 'accepted'; endAtMs: number }
  | { name: 'completed'; endAtMs: number }
  | { name: 'terminated' };

/**
 * The INVITE client transaction, created as its request is sent.
 *
 * @see RFC 3261 section 17.1.1 and figure 5; RFC 6026 section 7.2 for 'accepted'
 */
export class InviteClientTransaction implements ClientMachine {
  readonly #timers: TransactionTimers;
  #state: State;

  constructor(reliable: boolean, nowMs: number) {
    this.#timers = timersFor(reliable);
    const { a, b } = this.#timers;
    this.#state = {
      name: 'calling',
      retransmitAtMs: a === undefined ? undefined : nowMs + a,
      intervalMs: a ?? 0,
      timeoutAtMs: nowMs + b,
    };
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  get deadline(): number | undefined {
    switch (this.#state.name) {
      case 'calling':
        return Math.min(this.#state.retransmitAtMs ?? Infinity, this.#state.timeoutAtMs);
      case 'accepted':
      case 'completed':
        return this.#state.endAtMs;
      default:
        return undefined;
    }
  }

  handleResponse(statusCode: number, nowMs: number): readonly ClientAction[] {
    switch (this.#state.name) {
      case 'calling':
      case 'proceeding':
        if (statusCode < 200) {
          this.#state = { name: 'proceeding' };
          return ['pass-response'];
        }
        if (statusCode < 300) {
          this.#state = { name: 'accepted', endAtMs: nowMs + this.#timers.m };
          return ['pass-response'];
        }
        this.#state =
          this.#timers.d === 0
            ? { name: 'terminated' }
            : { name: 'completed', endAtMs: nowMs + this.#timers.d };
        return ['send-ack', 'pass-response'];
      case 'accepted':
        // Each 2xx is passed on, retransmission or fork: its ACK is the transaction user's.
        return statusCode >= 200 && statusCode < 300 ? ['pass-response'] : [];
      case 'completed':
        return statusCode >= 300 ? ['send-ack'] : [];
      case 'terminated':
        return [];
    }
  }

  handleTimeout(nowMs: number): readonly ClientAction[] {
    const state = this.#state;
    switch (state.name) {
      case 'calling':
        if (nowMs >= state.timeoutAtMs) {
          this.#state = { name: 'terminated' };
          return ['report-timeout'];
        }
        if (state.retransmitAtMs === undefined || nowMs < state.retransmitAtMs) return [];
        // Timer A doubles without a ceiling; timer B ends it.
        state.intervalMs *= 2;
        state.retransmitAtMs = nowMs + state.intervalMs;
        return ['send-request'];
      case 'accepted':
      case 'completed':
        if (nowMs >= state.endAtMs) this.#state = { name: 'terminated' };
        return [];
      case 'proceeding':
      case 'terminated':
        return [];
    }
  }

  handleTransportError(): readonly ClientAction[] {
    switch (this.#state.name) {
      case 'calling':
      case 'proceeding':
      case 'completed':
        this.#state = { name: 'terminated' };
        return ['report-transport-error'];
      case 'accepted':
      case 'terminated':
        return [];
    }
  }

  /** Ends it whatever the state: a cancelled request whose final response never comes (RFC 3261 section 9.1). */
  terminate(): void {
    this.#state = { name: 'terminated' };
  }
}
