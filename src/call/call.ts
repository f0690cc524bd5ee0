/** A call with a session: what a telephone is talking to. Its line may have come in, or be one of ours. */
import type { EndCause, SessionInfo } from '../agent/agent.ts';
import type { Timers } from '../clock.ts';
import { invariant } from '../invariant.ts';
import type { Logger } from '../logger.ts';
import type { MediaEvent } from '../media/command.ts';
import { type NegotiatedAudio, sampleRateHz } from '../sdp/negotiated.ts';
import type { Flow } from '../sip/flow.ts';
import type { HeaderField } from '../sip/message/message.ts';
import { Backdrop, type BackdropOptions } from './backdrop.ts';
import { type CallLine, type DigitWay, type HangUpParts, isHold, type LineEnd } from './call-line.ts';
import type { DialEnvironment, DialRequest } from './dial-environment.ts';
import type { CallFlow } from './flow.ts';
import type { IncomingLine, IncomingLineUser } from './incoming-line.ts';
import type { OutboundRules } from './outbound-routes.ts';
import type { CallFailure, PlacedCallUser, TriedWay } from './placed-call.ts';
import type { RunningSession } from './running-session.ts';
import { Session } from './session.ts';
import type { SessionCall } from './session-call.ts';
import type { SessionServices } from './session-options.ts';

export interface CallOptions {
  readonly flow: CallFlow;
  readonly info: SessionInfo;
  /** The SIP Call-ID; of a call of ours it is known later. */
  readonly callId: string;
  /** The caller's, by name. */
  readonly trunk: string | undefined;
  /** Of calls that go on with this one. */
  readonly maxForwards: number;
  readonly dialling: DialEnvironment;
  readonly services: SessionServices;
  /** What carries the signalling, for the log; of a call of ours it is known later. */
  readonly transport: Flow['transport'] | 'audio-socket' | undefined;
  /** Names the call in each line, its flow and session too. */
  readonly log: Logger;
  /** A call of ours: told what its INVITE names it. */
  readonly onTrying?: (callId: string, trunk: string | undefined) => void;
  /** A call of ours: whether its INVITE is on its way, or why not. */
  readonly onPlaced?: (failure: CallFailure | undefined) => void;
  /** The call is over and holds nothing any more; `parted` resolves when its agent has been told. */
  readonly onOver: (parted: Promise<void>) => void;
}

export class Call implements IncomingLineUser, PlacedCallUser, SessionCall {
  readonly log: Logger;
  readonly #options: CallOptions;
  #line: CallLine | undefined;
  #incoming: IncomingLine | undefined;
  #state: 'opening' | 'answered' | 'talking' | 'over' = 'opening';
  #backdrop: Backdrop | undefined;
  #session: Session | undefined;
  /** Of the leg: settled by its first codec. */
  #rateHz: number | undefined;
  #endCause: EndCause | undefined;
  #answeredMs = 0;
  #transport: CallOptions['transport'];
  #timers: (() => void)[] = [];

  constructor(options: CallOptions) {
    this.#options = options;
    this.log = options.log;
    this.#transport = options.transport;
  }

  get line(): CallLine {
    invariant(this.#line !== undefined, 'a session has a line');
    return this.#line;
  }

  get trunk(): string | undefined {
    return this.#line?.isReplaced === true ? undefined : this.#options.trunk;
  }

  get outboundRules(): OutboundRules {
    return this.#options.dialling.rules;
  }

  /** For those outside the call; undefined before it is answered and after its end. */
  get running(): RunningSession | undefined {
    const session = this.#session;
    if (session === undefined || this.#state === 'over') return undefined;
    return {
      info: this.#options.info,
      takeFromApi: (body) => session.takeFromApi(body),
      hangUp: () => this.hangUp('agent-hung-up'),
    };
  }

  /** Takes a call that came in; `line` is what it goes on as, where that is more. */
  async take(incoming: IncomingLine, offer: string | undefined, line: CallLine = incoming): Promise<void> {
    this.#line = line;
    this.#incoming = incoming;
    await incoming.begin(offer);
  }

  /** Makes the call. */
  place(request: Omit<DialRequest, 'maxForwards' | 'beside' | 'log'>, ringTimeoutMs: number): void {
    const { dialling, maxForwards, log } = this.#options;
    this.#line = dialling.dial({ ...request, maxForwards, log }, this);
    this.#later(ringTimeoutMs, () => {
      if (this.#state === 'opening') this.#line?.hangUp({ reason: NO_ANSWER });
    });
  }

  dial(request: Omit<DialRequest, 'maxForwards' | 'beside' | 'log'>, user: PlacedCallUser): CallLine {
    const { dialling, maxForwards, log } = this.#options;
    return dialling.dial({ ...request, maxForwards, beside: this.line.leg, log }, user);
  }

  answer(): void {
    this.#incoming?.answer();
  }

  answerEarly(): void {
    this.#incoming?.answerEarly();
  }

  decline(statusCode: number, reason: string | undefined, headers: readonly HeaderField[]): void {
    this.#incoming?.decline(statusCode, reason, headers);
  }

  /** Ends the call from our side. */
  hangUp(cause: EndCause, parts?: HangUpParts): void {
    if (this.#state === 'over') return;
    this.#endCause ??= cause;
    this.#line?.hangUp(parts);
  }

  handleRinging(): void {}

  /** It waits for its agent to answer it. */
  handleWaiting(audio: NegotiatedAudio): void {
    this.#rateHz = sampleRateHz(audio.codec);
    this.#session = this.#newSession(true);
    this.#session.ring();
  }

  handleTrying(callId: string, { trunk, transport }: TriedWay): void {
    this.#transport = transport;
    this.#options.onTrying?.(callId, trunk);
    this.log.info({ to: this.#options.info.to }, 'calling');
    this.#options.onPlaced?.(undefined);
  }

  handleAnswered(): void {
    this.#state = 'answered';
    this.#answeredMs = this.#options.services.clock.nowMs();
    this.#options.services.metrics.callAnswered();
  }

  /** Not with the session: an ambience has no first words that could be lost before the ACK. */
  handleAgreed(audio: NegotiatedAudio): void {
    // What is heard before a call of ours is answered is nobody's yet.
    if (this.#incoming === undefined && this.#state === 'opening') return;
    this.#beginSound();
    this.#session?.hold(isHold(audio));
  }

  handleTalking(): void {
    const { flow, info } = this.#options;
    if (this.#incoming === undefined) {
      this.handleAnswered();
      this.#beginSound();
    }
    this.#state = 'talking';
    this.#session ??= this.#newSession(false);
    this.#later(flow.maxDurationMs, () => this.#outlived());
    const { codec, srtp } = this.line.agreed ?? {};
    this.log.info(
      {
        ...{ from: info.from, to: info.to, transport: this.#transport },
        // Not under the name of what holds the keys.
        ...{ codec, encryption: srtp?.suite ?? 'none' },
      },
      'call answered',
    );
    this.#session.start();
    this.#session.hold(isHold(this.line.agreed));
  }

  handleMedia(event: MediaEvent): void {
    this.#session?.handleMedia(event);
  }

  handleDigit(digit: string, durationMs: number | undefined, way: DigitWay): void {
    this.#session?.digit(digit, durationMs, way);
  }

  handleReferred(statusCode: number, isFinal: boolean): void {
    this.#session?.handleReferred(statusCode, isFinal);
  }

  handleLost(cause: 'failed' | 'silent'): void {
    if (cause === 'failed') this.hangUp('error');
    else this.hangUp('media-lost', { reason: NO_MEDIA });
  }

  /** A call of ours was not answered: then there never was a session. */
  handleFailed(failure: CallFailure): void {
    this.#options.onPlaced?.(failure);
    this.#end(Promise.resolve());
  }

  /** The SIP side is over: CANCEL, BYE, or a time-out. */
  handleEnded({ by, statusCode, reason }: LineEnd): void {
    if (this.#state === 'over') return;
    const { services, log } = this.#options;
    const isAnswered = this.#state !== 'opening';
    const isTransferred = this.#session?.isTransferred === true;
    const own = this.#endCause ?? (by === 'remote' ? 'caller-hung-up' : 'error');
    const cause = isTransferred ? 'transferred' : own;
    let parted = Promise.resolve();
    this.#guarded(() => {
      parted = this.#session?.end(cause, reason) ?? parted;
    });
    if (isAnswered) {
      const durationMs = Math.round(services.clock.nowMs() - this.#answeredMs);
      services.metrics.callEnded(cause, durationMs);
      log.info({ by, cause, durationMs }, 'call ended');
    } else {
      services.metrics.callRefused(statusCode ?? REQUEST_TERMINATED);
      log.info({ by, statusCode }, 'call ended before it was answered');
    }
    this.#end(parted);
  }

  handleBug(error: unknown): void {
    this.log.error({ error }, 'a bug ended this call');
    if (this.#state === 'over') return;
    this.#endCause ??= 'error';
    this.#line?.giveUp();
  }

  #end(parted: Promise<void>): void {
    this.#state = 'over';
    for (const cancel of this.#timers) cancel();
    this.#guarded(() => this.#backdrop?.close());
    this.#options.onOver(parted);
  }

  #beginSound(): void {
    if (this.#backdrop !== undefined) return;
    this.#rateHz = this.line.rateHz;
    this.#backdrop = new Backdrop(this.#inside());
    this.#backdrop.start();
  }

  #newSession(isRinging: boolean): Session {
    const { info, callId } = this.#options;
    return new Session({
      ...this.#inside(),
      info,
      callId,
      backdrop: this.#backdrop,
      call: this,
      isRinging,
    });
  }

  /** Unless the call is over by then. */
  #later(delayMs: number, act: () => void): void {
    const { timers } = this.#options.services;
    this.#timers.push(timers.schedule(delayMs, () => this.#guarded(act)));
  }

  /** Runs `act`; a bug in it ends this call with a 500 or a BYE, and no other. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.handleBug(error);
    }
  }

  /** What the parts of the call that deal with its sound share. */
  #inside(): BackdropOptions & SessionServices {
    const { services, flow } = this.#options;
    const schedule: Timers['schedule'] = (delayMs, action) =>
      services.timers.schedule(delayMs, () => this.#guarded(action));
    return {
      ...services,
      timers: { schedule },
      flow,
      log: this.log,
      rateHz: this.#rateHz!,
      send: (command) => this.#line?.send(command),
      onBug: (error) => this.handleBug(error),
    };
  }

  #outlived(): void {
    this.log.warn(
      { maxDurationMs: this.#options.flow.maxDurationMs },
      'the call reached its longest duration',
    );
    this.hangUp('error');
  }
}

const REQUEST_TERMINATED = 487;
const NO_MEDIA = 'Q.850;cause=38;text="no media"';
const NO_ANSWER = 'Q.850;cause=19;text="No answer"';
