/**
 * Joins the SIP user agent, which does no I/O, to the transport that carries its messages and to the one timer that
 * drives its deadlines.
 */
import type { Clock, Timers } from '../clock.ts';
import type { Flow } from '../sip/flow.ts';
import type { SipUserAgent } from '../sip/user-agent.ts';
import type { SipEvent, SipOutput } from '../sip/user-agent-events.ts';

/** What of the transport signalling needs. */
export interface MessageSender {
  send(flow: Flow, message: Uint8Array): void;
}

export class Signalling {
  readonly #userAgent: SipUserAgent;
  readonly #sender: MessageSender;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #onEvent: (event: SipEvent) => void;
  #cancelTimer: (() => void) | undefined;
  #timerDueMs: number | undefined;

  constructor(options: {
    userAgent: SipUserAgent;
    sender: MessageSender;
    clock: Clock;
    timers: Timers;
    onEvent: (event: SipEvent) => void;
  }) {
    this.#userAgent = options.userAgent;
    this.#sender = options.sender;
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#onEvent = options.onEvent;
  }

  handleMessage(octets: Uint8Array, flow: Flow): void {
    this.#carryOut(this.#userAgent.handleMessage(octets, flow, this.#clock.nowMs()));
  }

  handleTransportError(flow: Flow): void {
    this.#carryOut(this.#userAgent.handleTransportError(flow, this.#clock.nowMs()));
  }

  /** Gives the user agent a command and carries out what it answers. */
  command(act: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]): void {
    this.#carryOut(act(this.#userAgent, this.#clock.nowMs()));
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerDueMs = undefined;
  }

  #carryOut(outputs: readonly SipOutput[]): void {
    for (const output of outputs) {
      if (output.kind === 'transmit') this.#sender.send(output.flow, output.message);
      else this.#onEvent(output.event);
    }
    this.#wait();
  }

  #wait(): void {
    const dueMs = this.#userAgent.deadline;
    if (dueMs === this.#timerDueMs && this.#cancelTimer !== undefined) return;
    // A timer that fires too early costs one idle turn; cancelling it for every new transaction costs more.
    if (dueMs !== undefined && this.#timerDueMs !== undefined && this.#timerDueMs <= dueMs) return;
    this.#cancelTimer?.();
    this.#timerDueMs = dueMs;
    this.#cancelTimer =
      dueMs === undefined
        ? undefined
        : this.#timers.schedule(dueMs - this.#clock.nowMs(), () => this.#timeOut());
  }

  #timeOut(): void {
    this.#cancelTimer = undefined;
    this.#timerDueMs = undefined;
    this.#carryOut(this.#userAgent.handleTimeout(this.#clock.nowMs()));
  }
}
