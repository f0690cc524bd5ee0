import type { ServerAction, ServerMachine } from './actions.ts';
import { nextInterval, type TransactionTimers, timersFor } from './timers.ts';

type State =
  | { name: 'proceeding'; responded: boolean }
  | { name: 'completed'; retransmitAtMs: number | undefined; intervalMs: number; timeoutAtMs: number }
  | { name: 'confirmed'; endAtMs: number }
  | { name: 'accepted'; endAtMs: number }
  | { name: 'terminated' };

/**
 * The INVITE server transaction, created as its request arrives.
 *
 * @see RFC 3261 section 17.2.1; RFC 6026 section 7.1 and figure 7
 */
export class InviteServerTransaction implements ServerMachine {
  readonly #timers: TransactionTimers;
  #state: State = { name: 'proceeding', responded: false };

  constructor(reliable: boolean) {
    this.#timers = timersFor(reliable);
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  get deadline(): number | undefined {
    switch (this.#state.name) {
      case 'completed':
        return Math.min(this.#state.retransmitAtMs ?? Infinity, this.#state.timeoutAtMs);
      case 'confirmed':
      case 'accepted':
        return this.#state.endAtMs;
      default:
        return undefined;
    }
  }

  handleRetransmission(): readonly ServerAction[] {
    switch (this.#state.name) {
      case 'proceeding':
        return this.#state.responded ? ['send-response'] : [];
      case 'completed':
        return ['send-response'];
      case 'accepted':
      // Absorbed: the transaction user repeats its 2xx until the ACK (RFC 6026 section 7.1).
      case 'confirmed':
      case 'terminated':
        return [];
    }
  }

  handleAck(nowMs: number): readonly ServerAction[] {
    switch (this.#state.name) {
      case 'completed':
        this.#state =
          this.#timers.i === 0
            ? { name: 'terminated' }
            : { name: 'confirmed', endAtMs: nowMs + this.#timers.i };
        return [];
      case 'accepted':
        return ['pass-ack'];
      case 'proceeding':
      case 'confirmed':
      case 'terminated':
        return [];
    }
  }

  respond(statusCode: number, nowMs: number): readonly ServerAction[] {
    switch (this.#state.name) {
      case 'proceeding':
        this.#state = this.#afterResponse(statusCode, nowMs);
        return ['send-response'];
      case 'accepted':
        return statusCode >= 200 && statusCode < 300 ? ['send-response'] : [];
      case 'completed':
      case 'confirmed':
      case 'terminated':
        return [];
    }
  }

  handleTimeout(nowMs: number): readonly ServerAction[] {
    const state = this.#state;
    switch (state.name) {
      case 'completed':
        if (nowMs >= state.timeoutAtMs) {
          this.#state = { name: 'terminated' };
          return ['report-timeout'];
        }
        if (state.retransmitAtMs === undefined || nowMs < state.retransmitAtMs) return [];
        state.intervalMs = nextInterval(state.intervalMs);
        state.retransmitAtMs = nowMs + state.intervalMs;
        return ['send-response'];
      case 'confirmed':
      case 'accepted':
        if (nowMs >= state.endAtMs) this.#state = { name: 'terminated' };
        return [];
      case 'proceeding':
      case 'terminated':
        return [];
    }
  }

  /** The state stays: the peer repeats its request, and may do so over another connection (RFC 6026 section 8.8). */
  handleTransportError(): readonly ServerAction[] {
    return this.#state.name === 'terminated' || this.#state.name === 'confirmed'
      ? []
      : ['report-transport-error'];
  }

  #afterResponse(statusCode: number, nowMs: number): State {
    if (statusCode < 200) return { name: 'proceeding', responded: true };
    const { g, h, l } = this.#timers;
    if (statusCode < 300) return { name: 'accepted', endAtMs: nowMs + l };
    return {
      name: 'completed',
      retransmitAtMs: g === undefined ? undefined : nowMs + g,
      intervalMs: g ?? 0,
      timeoutAtMs: nowMs + h,
    };
  }
}
