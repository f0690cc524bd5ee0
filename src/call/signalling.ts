/**
 * Joins the SIP user agent, which does no I/O, to the transport that carries its messages and to the one timer that
 * drives its deadlines.
 */
import type { Clock, Timers } from '../clock.ts';
import type { Flow } from '../sip/flow.ts';
import type { RegistrationEvent } from '../sip/registration/registration-event.ts';
import type { SipUserAgent } from '../sip/user-agent.ts';
import type { SipEvent, SipOutput } from '../sip/user-agent-events.ts';

/** A request that was refused, as the log is to tell it. */
export type SipRefused = Extract<SipOutput, { kind: 'refused' }>;

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
  readonly #onBug: (error: unknown) => void;
  readonly #onRegistration: (event: RegistrationEvent) => void;
  readonly #onRefused: (refused: SipRefused) => void;
  readonly #locate: ((trunk: string, uri: string) => Promise<readonly Flow[]>) | undefined;
  #cancelTimer: (() => void) | undefined;
  #timerDueMs: number | undefined;
  #isStopped = false;

  constructor(options: {
    userAgent: SipUserAgent;
    sender: MessageSender;
    clock: Clock;
    timers: Timers;
    onEvent: (event: SipEvent) => void;
    /** Something inside threw: what was being done is lost, the process goes on. */
    onBug: (error: unknown) => void;
    onRegistration?: (event: RegistrationEvent) => void;
    onRefused?: (refused: SipRefused) => void;
    /** Finds the ways to the server of a URI, for a trunk, best first; none when it cannot be found. */
    locate?: (trunk: string, uri: string) => Promise<readonly Flow[]>;
  }) {
    this.#userAgent = options.userAgent;
    this.#sender = options.sender;
    this.#clock = options.clock;
    this.#timers = options.timers;
    this.#onEvent = options.onEvent;
    this.#onBug = options.onBug;
    this.#onRegistration = options.onRegistration ?? (() => {});
    this.#onRefused = options.onRefused ?? (() => {});
    this.#locate = options.locate;
  }

  handleMessage(octets: Uint8Array, flow: Flow): void {
    this.command((userAgent, nowMs) => userAgent.handleMessage(octets, flow, nowMs));
  }

  handleTransportError(flow: Flow): void {
    this.command((userAgent, nowMs) => userAgent.handleTransportError(flow, nowMs));
  }

  /** Gives the user agent a command and carries out what it answers. */
  command(act: (userAgent: SipUserAgent, nowMs: number) => SipOutput[]): void {
    if (this.#isStopped) return;
    for (const output of this.#guarded(() => act(this.#userAgent, this.#clock.nowMs())) ?? []) {
      this.#guarded(() => this.#carryOut(output));
    }
    this.#wait();
  }

  /** Nothing is done any more: a straggler must not start a timer that keeps the process. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#timerDueMs = undefined;
  }

  #carryOut(output: SipOutput): void {
    switch (output.kind) {
      case 'transmit':
        this.#sender.send(output.flow, output.message);
        return;
      case 'event':
        this.#onEvent(output.event);
        return;
      case 'registration':
        this.#onRegistration(output.event);
        return;
      case 'refused':
        this.#onRefused(output);
        return;
      case 'locate':
        this.#find(output.trunk, output.uri);
        return;
    }
  }

  #find(trunk: string, uri: string): void {
    const found = (targets: readonly Flow[]): void =>
      this.command((userAgent, nowMs) => userAgent.handleLocated(trunk, targets, nowMs));
    (this.#locate?.(trunk, uri) ?? Promise.resolve([])).then(found, (error: unknown) => {
      this.#onBug(error);
      found([]);
    });
  }

  #guarded<Value>(act: () => Value): Value | undefined {
    try {
      return act();
    } catch (error) {
      this.#onBug(error);
      return undefined;
    }
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
    this.command((userAgent, nowMs) => userAgent.handleTimeout(nowMs));
  }
}
