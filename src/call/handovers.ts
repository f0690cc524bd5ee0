/** Passing the caller of one session on: one at a time, by a second call or by REFER, and what follows from how it goes. */
import type { AgentCommand, SessionInfo } from '../agent/agent.ts';
import type { Clock, Timers } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { ClipStore } from '../sound/clip-store.ts';
import type { CallFlow } from './flow.ts';
import type { CallMetrics } from './metrics.ts';
import type { CallFailure } from './placed-call.ts';
import { ReferTransfer } from './refer-transfer.ts';
import { RingingSound } from './ringing-sound.ts';
import type { SessionCall } from './session-call.ts';
import { Transfer } from './transfer.ts';

export interface HandoversOptions {
  readonly call: SessionCall;
  readonly flow: CallFlow;
  readonly info: SessionInfo;
  readonly rateHz: number;
  readonly clips: ClipStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  readonly log: Logger;
  readonly onBug: (error: unknown) => void;
  /** The caller is on the way to somebody else. */
  readonly onLeaving: () => void;
  /** Nobody took the caller. */
  readonly onComeBack: () => void;
  /** The caller talks to somebody else, for good. */
  readonly onJoined: () => void;
}

export class Handovers {
  readonly #options: HandoversOptions;
  #state: 'here' | 'leaving' | 'returning' | 'joined' | 'referring' | 'gone' = 'here';
  #current: Transfer | ReferTransfer | undefined;
  #beganMs = 0;
  #cancelReturn: () => void = () => undefined;

  constructor(options: HandoversOptions) {
    this.#options = options;
  }

  /** Whether the end of the call is that of a transfer. A side that was asked to take over, and hangs up, has done so. */
  get isTransferred(): boolean {
    return this.#state === 'joined' || this.#state === 'referring' || this.#state === 'gone';
  }

  /** Without `timeoutMs` nobody waits for the caller to come back: what fails ends the call. */
  transfer(
    asked: Pick<
      Extract<AgentCommand, { kind: 'transfer' }>,
      'target' | 'callerIdName' | 'callerIdNumber' | 'timeoutMs'
    >,
  ): void {
    const { call, log, clock, onLeaving } = this.#options;
    if (this.#state !== 'here') {
      log.warn({ to: asked.target }, 'the caller is being passed on already');
      return;
    }
    onLeaving();
    this.#beganMs = clock.nowMs();
    const timeoutMs = asked.timeoutMs ?? LONGEST_RINGING_MS;
    const onFailed = (failure: CallFailure) => this.#failed(failure, asked.timeoutMs !== undefined);
    const isRefer =
      call.trunk !== undefined && call.outboundRules.trunks.get(call.trunk)?.transfer === 'refer';
    this.#state = isRefer ? 'referring' : 'leaving';
    this.#current = isRefer
      ? this.#referring(asked.target, timeoutMs, onFailed)
      : this.#ringing(asked, timeoutMs, onFailed);
    this.#current.start();
  }

  handleReferred(statusCode: number, isFinal: boolean): void {
    if (this.#current instanceof ReferTransfer) this.#current.handleReferred(statusCode, isFinal);
  }

  /** The caller pressed a key. */
  pressed(digit: string): void {
    if (this.#current instanceof Transfer) this.#current.pressed(digit);
  }

  /** The call is over. `reason` is what is told to whom the caller was joined with. */
  end(reason: string | undefined): void {
    const { metrics } = this.#options;
    if (this.#state === 'leaving') metrics.transferred('cancelled');
    if (this.#state === 'referring') metrics.transferred('referred');
    if (this.#current instanceof Transfer) this.#current.end(reason);
    else this.#current?.end();
    this.#current = undefined;
    this.#cancelReturn();
  }

  #ringing(
    { target, callerIdName, callerIdNumber }: Parameters<Handovers['transfer']>[0],
    ringTimeoutMs: number,
    onFailed: (failure: CallFailure) => void,
  ): Transfer {
    const { call, flow, info, onBug, onJoined, metrics } = this.#options;
    const own = info.direction === 'inbound' ? info.to : info.phoneNumber;
    const { country = DEFAULT_COUNTRY, sound = undefined } = flow.ringing ?? {};
    return new Transfer({
      ...this.#options,
      target,
      caller: { name: callerIdName ?? flow.name, number: callerIdNumber ?? own },
      ringTimeoutMs,
      ringing: new RingingSound({
        ...this.#options,
        send: (command) => call.line.send(command),
        country,
        sound,
      }),
      user: {
        handleJoined: () => {
          this.#state = 'joined';
          metrics.transferred('joined');
          onJoined();
        },
        handleFailed: onFailed,
        handleOver: ({ reason }) => call.hangUp('transferred', { reason: reason ?? CLEARED }),
        handleBug: onBug,
      },
    });
  }

  #referring(target: string, timeoutMs: number, onFailed: (failure: CallFailure) => void): ReferTransfer {
    const { call, timers, metrics } = this.#options;
    return new ReferTransfer({
      call,
      target,
      timeoutMs,
      timers,
      metrics,
      onDone: () => {
        this.#state = 'gone';
        metrics.transferred('referred');
        call.hangUp('transferred');
      },
      onFailed,
    });
  }

  #failed(failure: CallFailure, comesBack: boolean): void {
    const { call, clock, timers, metrics, log, onComeBack } = this.#options;
    this.#current = undefined;
    const { statusCode, reason } = failure;
    log.warn({ statusCode, reason, comesBack }, 'the caller could not be passed on');
    metrics.transferred(comesBack ? 'came-back' : 'ended');
    // An app that answers each return with the same transfer would else go round as fast as it can.
    const shortMs = LEAST_AWAY_MS - (clock.nowMs() - this.#beganMs);
    const comeBack = () => {
      this.#state = 'here';
      onComeBack();
    };
    this.#state = 'returning';
    if (comesBack && shortMs > 0) this.#cancelReturn = timers.schedule(shortMs, comeBack);
    else if (comesBack) comeBack();
    else call.hangUp('error', { reason: `SIP;cause=${statusCode};text="transfer failed"` });
  }
}

const LONGEST_RINGING_MS = 60_000;
const LEAST_AWAY_MS = 250;
const DEFAULT_COUNTRY = 'de';
const CLEARED = 'Q.850;cause=16;text="Normal call clearing"';
