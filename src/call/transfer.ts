/**
 * Passes a caller on: rings somebody else, and joins the two once there is an answer. The caller's own call stays ours,
 * so that it can come back.
 */
import type { Clock, Timers } from '../clock.ts';
import { invariant } from '../invariant.ts';
import type { Logger } from '../logger.ts';
import type { CallLine, DigitWay, LineEnd } from './call-line.ts';
import type { CallerId } from './caller-identity.ts';
import type { CallFailure, PlacedCallUser } from './placed-call.ts';
import type { RingingSound } from './ringing-sound.ts';
import type { SessionCall } from './session-call.ts';

export interface TransferOptions {
  readonly call: SessionCall;
  readonly target: string;
  readonly caller: CallerId;
  readonly ringTimeoutMs: number;
  readonly ringing: RingingSound;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Logger;
  readonly user: TransferUser;
}

/** Told how it fares: failed, or joined and then over. */
interface TransferUser {
  handleJoined(): void;
  handleFailed(failure: CallFailure): void;
  /** The one that the caller was joined with has left. */
  handleOver(end: LineEnd): void;
  handleBug(error: unknown): void;
}

export class Transfer implements PlacedCallUser {
  readonly #options: TransferOptions;
  #state: 'ringing' | 'joined' | 'over' = 'ringing';
  #far: CallLine | undefined;
  #farCallId = '';
  #beganMs = 0;
  /** The callee's own ringing is heard. */
  #isEarly = false;
  #cancelTimer: () => void = () => undefined;

  constructor(options: TransferOptions) {
    this.#options = options;
  }

  start(): void {
    const { call, target, caller, ringing, clock, timers, ringTimeoutMs } = this.#options;
    this.#beganMs = clock.nowMs();
    ringing.start();
    this.#far = call.dial({ to: target, caller }, this);
    this.#cancelTimer = timers.schedule(ringTimeoutMs, () => this.#giveUp());
  }

  /** The caller is gone, or the call is ended: so is the other one. */
  end(reason: string | undefined): void {
    if (this.#state === 'over') return;
    this.#leave();
    this.#far?.hangUp({ reason: reason ?? CLEARED });
  }

  /** A key that does not go the way of the audio. */
  pressed(digit: string): void {
    if (this.#state === 'joined') this.#far?.send({ kind: 'send-digits', digits: digit });
  }

  handleTrying(callId: string): void {
    this.#farCallId = callId;
    this.#options.log.info({ to: this.#options.target, farCallId: callId }, 'the caller is being passed on');
  }

  handleRinging(): void {}

  /** Before the answer: the callee's side lets the caller hear something of its own. */
  handleAgreed(): void {
    if (this.#state !== 'ringing' || this.#isEarly) return;
    this.#isEarly = true;
    this.#join();
  }

  handleTalking(): void {
    if (this.#state !== 'ringing') return;
    const { clock, log, target } = this.#options;
    const ringingMs = Math.round(clock.nowMs() - this.#beganMs);
    log.info({ to: target, farCallId: this.#farCallId, ringingMs }, 'the caller has been passed on');
    this.#cancelTimer();
    this.#state = 'joined';
    if (!this.#isEarly) this.#join();
    this.#options.user.handleJoined();
  }

  handleFailed(failure: CallFailure): void {
    if (this.#state !== 'ringing') return;
    this.#leave();
    this.#options.user.handleFailed(failure);
  }

  handleEnded(end: LineEnd): void {
    if (this.#state !== 'joined') return;
    this.#leave();
    this.#options.user.handleOver(end);
  }

  handleLost(): void {
    this.#far?.hangUp({ reason: NO_MEDIA });
  }

  handleDigit(digit: string, _durationMs: number | undefined, way: DigitWay): void {
    if (this.#state === 'joined' && way === 'signalling')
      this.#options.call.line.send({ kind: 'send-digits', digits: digit });
  }

  handleMedia(): void {}

  handleReferred(): void {}

  handleBug(error: unknown): void {
    this.#options.user.handleBug(error);
  }

  #giveUp(): void {
    if (this.#state !== 'ringing') return;
    this.#leave();
    this.#far?.hangUp({ reason: NO_ANSWER });
    this.#options.user.handleFailed({ statusCode: 408, reason: 'no-answer' });
  }

  #join(): void {
    const near = this.#options.call.line.leg;
    const far = this.#far?.leg;
    invariant(near?.join !== undefined && far !== undefined, 'calls that are joined have legs in one plane');
    this.#options.ringing.stop();
    near.join(far);
  }

  #leave(): void {
    if (this.#state === 'joined' || this.#isEarly) this.#options.call.line.leg?.join?.(undefined);
    this.#state = 'over';
    this.#cancelTimer();
    this.#options.ringing.stop();
  }
}

const CLEARED = 'Q.850;cause=16;text="Normal call clearing"';
const NO_ANSWER = 'Q.850;cause=19;text="No answer"';
const NO_MEDIA = 'Q.850;cause=38;text="no media"';
