import type { ClientAction, ClientMachine } from './actions.ts';
import { nextInterval, T2_MS, type TransactionTimers, timersFor } from './timers.ts';

type State =
  | {
      name: 'trying' | 'proceeding';
      retransmitAtMs: number | undefined;
      intervalMs: number;
      timeoutAtMs: number;
    }
  | { name: 'completed'; endAtMs: number }
  | { name: 'terminated' };

/**
 * The client transaction of every request but INVITE and ACK, created as its request is sent.
 *
 * @see RFC 3261 section 17.1.2 and figure 6
 */
export class NonInviteClientTransaction implements ClientMachine {
  readonly #timers: TransactionTimers;
  #state: State;

  constructor(reliable: boolean, nowMs: number) {
    this.#timers = timersFor(reliable);
    const { e, f } = this.#timers;
    this.#state = {
      name: 'trying',
      retransmitAtMs: e === undefined ? undefined : nowMs + e,
      intervalMs: e ?? 0,
      timeoutAtMs: nowMs + f,
    };
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  get deadline(): number | undefined {
    switch (this.#state.name) {
      case 'trying':
      case 'proceeding':
        return Math.min(this.#state.retransmitAtMs ?? Infinity, this.#state.timeoutAtMs);
      case 'completed':
        return this.#state.endAtMs;
      default:
        return undefined;
    }
  }

  handleResponse(statusCode: number, nowMs: number): readonly ClientAction[] {
    const state = this.#state;
    switch (state.name) {
      case 'trying':
      case 'proceeding':
        if (statusCode < 200) {
          this.#state = { ...state, name: 'proceeding' };
          return ['pass-response'];
        }
        this.#state =
          this.#timers.k === 0
            ? { name: 'terminated' }
            : { name: 'completed', endAtMs: nowMs + this.#timers.k };
        return ['pass-response'];
      case 'completed':
      case 'terminated':
        return [];
    }
  }

  handleTimeout(nowMs: number): readonly ClientAction[] {
    const state = this.#state;
    switch (state.name) {
      case 'trying':
      case 'proceeding':
        if (nowMs >= state.timeoutAtMs) {
          this.#state = { name: 'terminated' };
          return ['report-timeout'];
        }
        if (state.retransmitAtMs === undefined || nowMs < state.retransmitAtMs) return [];
        state.intervalMs = state.name === 'proceeding' ? T2_MS : nextInterval(state.intervalMs);
        state.retransmitAtMs = nowMs + state.intervalMs;
        return ['send-request'];
      case 'completed':
        if (nowMs >= state.endAtMs) this.#state = { name: 'terminated' };
        return [];
      case 'terminated':
        return [];
    }
  }

  handleTransportError(): readonly ClientAction[] {
    switch (this.#state.name) {
      case 'trying':
      case 'proceeding':
        this.#state = { name: 'terminated' };
        return ['report-transport-error'];
      case 'completed':
      case 'terminated':
        return [];
    }
  }
}
