import type { ServerAction, ServerMachine } from './actions.ts';
import { type TransactionTimers, timersFor } from './timers.ts';

type State =
  | { name: 'trying' }
  | { name: 'proceeding' }
  | { name: 'completed'; endAtMs: number }
  | { name: 'terminated' };

/**
 * The server transaction of every request but INVITE and ACK, created as its request arrives.
 *
 * @see RFC 3261 section 17.2.2 and figure 8
 */
export class NonInviteServerTransaction implements ServerMachine {
  readonly #timers: TransactionTimers;
  #state: State = { name: 'trying' };

  constructor(reliable: boolean) {
    this.#timers = timersFor(reliable);
  }

  get state(): State['name'] {
    return this.#state.name;
  }

  get deadline(): number | undefined {
    return this.#state.name === 'completed' ? this.#state.endAtMs : undefined;
  }

  handleRetransmission(): readonly ServerAction[] {
    switch (this.#state.name) {
      case 'proceeding':
      case 'completed':
        return ['send-response'];
      case 'trying':
      case 'terminated':
        return [];
    }
  }

  respond(statusCode: number, nowMs: number): readonly ServerAction[] {
    switch (this.#state.name) {
      case 'trying':
      case 'proceeding':
        if (statusCode < 200) this.#state = { name: 'proceeding' };
        else if (this.#timers.j === 0) this.#state = { name: 'terminated' };
        else this.#state = { name: 'completed', endAtMs: nowMs + this.#timers.j };
        return ['send-response'];
      case 'completed':
      case 'terminated':
        return [];
    }
  }

  handleTimeout(nowMs: number): readonly ServerAction[] {
    if (this.#state.name === 'completed' && nowMs >= this.#state.endAtMs)
      this.#state = { name: 'terminated' };
    return [];
  }

  /** The state stays (RFC 6026 section 8.8). */
  handleTransportError(): readonly ServerAction[] {
    return this.#state.name === 'terminated' ? [] : ['report-transport-error'];
  }
}
