import type { Flow } from '../flow.ts';
import type { Timed } from '../session/session-host.ts';
import type { RegistrationHost } from './registration-options.ts';

/**
 * Keeps a NAT between us and a registrar open, so that its calls find the way back: an empty line again and again, which
 * every SIP element passes over (RFC 3261 section 7.5). Over UDP alone: connections are watched by the system.
 */
export class KeepAlive implements Timed {
  readonly #host: Pick<RegistrationHost, 'schedule' | 'transmit'>;
  readonly #intervalMs: number;
  #flow: Flow | undefined;

  /** 0: never. */
  constructor(host: Pick<RegistrationHost, 'schedule' | 'transmit'>, intervalMs: number) {
    this.#host = host;
    this.#intervalMs = intervalMs;
  }

  /** What was just said over the flow has opened it. */
  begin(flow: Flow, nowMs: number): void {
    if (this.#intervalMs === 0 || flow.transport !== 'udp') {
      this.end();
      return;
    }
    this.#flow = flow;
    this.#host.schedule(this, nowMs + this.#intervalMs);
  }

  end(): void {
    this.#flow = undefined;
    this.#host.schedule(this, undefined);
  }

  handleTimeout(nowMs: number): void {
    if (this.#flow === undefined) return;
    this.#host.transmit(this.#flow, EMPTY_LINE);
    this.#host.schedule(this, nowMs + this.#intervalMs);
  }
}

/** As RFC 5626 section 3.5.1 has it over TCP. */
const EMPTY_LINE: Uint8Array = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a);
