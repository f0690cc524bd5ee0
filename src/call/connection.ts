/**
 * Calls others for a caller while the agent stays: rings every target at once, joins the first that answers with the
 * caller, and tells the agent what becomes of each.
 */
import type { AgentEvent, ConnectionCommand, ConnectionTarget, TrackCommand } from '../agent/agent.ts';
import type { Timers } from '../clock.ts';
import { invariant } from '../invariant.ts';
import type { MediaCommand, MediaEvent } from '../media/command.ts';
import type { Backdrop } from './backdrop.ts';
import type { CallLine, DigitWay, LineEnd } from './call-line.ts';
import type { CallerId } from './caller-identity.ts';
import { extraHeaders } from './extra-headers.ts';
import type { CallFailure, PlacedCallUser } from './placed-call.ts';
import type { RingingSound } from './ringing-sound.ts';
import type { SessionCall } from './session-call.ts';

export type ConnectCommand = Extract<ConnectionCommand, { kind: 'connect' }>;
type By = 'caller' | 'callee' | 'us';

export interface ConnectionOptions {
  readonly command: ConnectCommand;
  readonly call: SessionCall;
  readonly caller: CallerId;
  /** Undefined: what the caller hears goes on as it is. */
  readonly ringing: RingingSound | undefined;
  /** Makes what is heard behind the voice at the far end. */
  readonly backdropFor: (send: (command: MediaCommand) => void, rateHz: number) => Backdrop;
  readonly timers: Timers;
  readonly tell: (event: AgentEvent) => void;
  readonly onJoined: () => void;
  /** There is nothing left of it. */
  readonly onOver: () => void;
  readonly onBug: (error: unknown) => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #targets: Target[];
  #state: 'ringing' | 'joined' | 'over' = 'ringing';
  /** The only one who is rung lets the caller hear something of its own. */
  #isEarly = false;
  #answered: Target | undefined;
  #backdrop: Backdrop | undefined;
  /** For the far end, before there is one. */
  #farCommands: TrackCommand[] = [];
  #cancelTimer: () => void = () => undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#targets = options.command.targets.map((target, index) => new Target(this, options, target, index));
  }

  get id(): number {
    return this.#options.command.connectionId;
  }

  start(): void {
    const { ringing, timers, command } = this.#options;
    ringing?.start();
    this.#cancelTimer = timers.schedule(command.ringTimeoutMs, () => this.end('us', NO_ANSWER));
    for (const target of this.#targets) target.call();
  }

  farTrack(command: TrackCommand): void {
    if (this.#backdrop === undefined) this.#farCommands.push(command);
    else this.#backdrop.carryOut(command, this.#options.tell);
  }

  /** A key of the caller's. */
  pressed(digit: string): void {
    this.#answered?.send({ kind: 'send-digits', digits: digit });
  }

  end(by: By, reason: string = CLEARED): void {
    if (this.#state === 'over') return;
    if (this.#answered !== undefined) this.#answered.endedBy = by;
    for (const target of this.#targets) target.hangUp(reason);
  }

  /** What is heard of one of several would be anybody's; what the agent chose for the caller to hear goes on. */
  agreed(target: Target): void {
    const { ringing, command, call } = this.#options;
    if (this.#state !== 'ringing' || this.#isEarly) return;
    if (this.#targets.length > 1 || command.whileRinging !== 'ringback') return;
    this.#isEarly = true;
    ringing?.stop();
    call.line.leg?.join(target.leg);
  }

  answered(target: Target): void {
    const { ringing, command, call, timers, backdropFor, onJoined } = this.#options;
    if (this.#state !== 'ringing') return;
    this.#cancelTimer();
    this.#state = 'joined';
    this.#answered = target;
    ringing?.stop();
    for (const other of this.#targets) if (other !== target) other.hangUp(COMPLETED_ELSEWHERE);
    const near = call.line.leg;
    const { leg: far, rateHz } = target;
    invariant(near !== undefined && far !== undefined, 'calls that are joined have legs');
    invariant(rateHz !== undefined, 'who has answered has agreed on a codec');
    if (!this.#isEarly) near.join(far);
    if (command.longestMs !== undefined)
      this.#cancelTimer = timers.schedule(command.longestMs, () => this.end('us'));
    this.#backdrop = backdropFor((it) => far.send(it), rateHz);
    onJoined();
    for (const waiting of this.#farCommands.splice(0)) this.farTrack(waiting);
  }

  handleFarMedia(target: Target, event: MediaEvent): void {
    if (target === this.#answered) this.#backdrop?.handleMedia(event);
  }

  handleFarDigit(target: Target, digit: string, way: DigitWay): void {
    const { call, tell } = this.#options;
    if (target !== this.#answered) return;
    if (way === 'signalling') call.line.send({ kind: 'send-digits', digits: digit });
    tell({ kind: 'far-digit', connectionId: this.id, digit });
  }

  /** A target has come to its end. */
  settled(target: Target): void {
    if (this.#state === 'over') return;
    if (target !== this.#answered && this.#targets.some(({ isOver }) => !isOver)) return;
    if (target !== this.#answered && this.#answered?.isOver === false) return;
    this.#state = 'over';
    this.#cancelTimer();
    this.#options.ringing?.stop();
    this.#backdrop?.close();
    if (this.#answered !== undefined || this.#isEarly) this.#options.call.line.leg?.join(undefined);
    this.#options.onOver();
  }
}

/** One who is rung. */
class Target implements PlacedCallUser {
  endedBy: By | undefined;
  isOver = false;
  readonly #connection: Connection;
  readonly #options: ConnectionOptions;
  readonly #target: ConnectionTarget;
  readonly #index: number;
  #call: CallLine | undefined;
  #callId = '';
  #told: 'nothing' | 'trying' | 'ringing' = 'nothing';

  constructor(connection: Connection, options: ConnectionOptions, target: ConnectionTarget, index: number) {
    this.#connection = connection;
    this.#options = options;
    this.#target = target;
    this.#index = index;
  }

  get leg(): CallLine['leg'] {
    return this.#call?.leg;
  }

  get rateHz(): CallLine['rateHz'] {
    return this.#call?.rateHz;
  }

  call(): void {
    const { call, caller, command } = this.#options;
    const { to, trunk, auth: credentials, callerIdNumber: number = caller.number } = this.#target;
    const { headers, refused } = extraHeaders({ ...command.headers, ...this.#target.headers });
    if (refused.length > 0) call.log.warn({ headers: refused }, 'headers that no agent may set are left out');
    this.#call = call.dial({ to, trunk, caller: { ...caller, number }, headers, credentials }, this);
  }

  send(command: MediaCommand): void {
    this.#call?.send(command);
  }

  hangUp(reason: string): void {
    if (!this.isOver) this.#call?.hangUp({ reason });
  }

  handleTrying(callId: string): void {
    this.#callId = callId;
    if (this.#told !== 'nothing') return;
    this.#told = 'trying';
    this.#tell('trying', 100);
  }

  handleRinging(statusCode: number): void {
    if (this.#told === 'ringing') return;
    this.#told = 'ringing';
    this.#tell('ringing', statusCode);
  }

  handleTalking(): void {
    this.#tell('answered', 200);
    this.#connection.answered(this);
  }

  handleFailed({ statusCode }: CallFailure): void {
    this.isOver = true;
    this.#tell('failed', statusCode);
    this.#connection.settled(this);
  }

  handleEnded({ by }: LineEnd): void {
    this.isOver = true;
    this.#tell('ended', 200, this.endedBy ?? (by === 'remote' ? 'callee' : 'us'));
    this.#connection.settled(this);
  }

  handleLost(): void {
    this.hangUp(NO_MEDIA);
  }

  handleDigit(digit: string, _durationMs: number | undefined, way: DigitWay): void {
    this.#connection.handleFarDigit(this, digit, way);
  }

  handleMedia(event: MediaEvent): void {
    this.#connection.handleFarMedia(this, event);
  }

  handleAgreed(): void {
    this.#connection.agreed(this);
  }

  handleReferred(): void {}

  handleBug(error: unknown): void {
    this.#options.onBug(error);
  }

  #tell(state: 'trying' | 'ringing' | 'answered' | 'failed' | 'ended', statusCode: number, by?: By): void {
    const { tell, command } = this.#options;
    tell({
      kind: 'connection',
      connectionId: command.connectionId,
      target: this.#index,
      state,
      statusCode,
      callId: this.#callId,
      ...(by !== undefined && { by }),
    });
  }
}

const CLEARED = 'Q.850;cause=16;text="Normal call clearing"';
const NO_ANSWER = 'Q.850;cause=19;text="No answer"';
const NO_MEDIA = 'Q.850;cause=38;text="no media"';
/** RFC 3326 section 3.1. */
const COMPLETED_ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';
