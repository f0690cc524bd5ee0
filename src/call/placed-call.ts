/**
 * A call of ours to somebody: one SIP dialog with its media, from the search for a server to the end. Servers that are
 * not there are passed over, redirections followed as far as they are allowed.
 */
import { SwitchError } from '../errors.ts';
import type { MediaCommand } from '../media/command.ts';
import type { MediaLeg } from '../media/media-plane.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { Flow } from '../sip/flow.ts';
import type { ReferParts } from '../sip/session/refer-usage.ts';
import type { SipEvent, SipSessionId } from '../sip/user-agent-events.ts';
import type { CallLineUser, DialogLine, DialogUser, HangUpParts, SipSessionUser } from './call-line.ts';
import { CallMedia, type CallMediaOptions } from './call-media.ts';
import { callerIdentity } from './caller-identity.ts';
import type { DialEnvironment, DialRequest, LocatedWay } from './dial-environment.ts';
import { parseInfoDigit } from './info-digit.ts';
import type { OutboundWay } from './outbound-routes.ts';
import { type SessionSignalling, signallingOf } from './session-signalling.ts';

/** Told of it until it is answered. */
export interface PlacedCallOpening {
  /** An INVITE is on its way; told again for each further server that is tried. */
  handleTrying(callId: string, way: TriedWay): void;
  handleRinging(statusCode: number): void;
  /** It was never answered. */
  handleFailed(failure: CallFailure): void;
}

/** Where an INVITE of ours went. */
export interface TriedWay {
  /** By name; undefined where no trunks are configured. */
  readonly trunk: string | undefined;
  readonly transport: Flow['transport'];
}

export interface PlacedCallUser extends CallLineUser, PlacedCallOpening {}

export interface CallFailure {
  readonly statusCode: number;
  /** A code of `errors.ts`, or what became of the call. */
  readonly reason: string;
  /** What refused it before anybody was called. */
  readonly error?: SwitchError;
}

export class PlacedCall implements DialogLine, SipSessionUser {
  readonly #environment: DialEnvironment;
  readonly #request: DialRequest;
  readonly #user: DialogUser;
  readonly #opening: PlacedCallOpening;
  #state: 'opening' | 'calling' | 'talking' | 'over' = 'opening';
  #isCounted = false;
  #media: CallMedia | undefined;
  #sdp = '';
  /** Those not tried yet, best first. */
  #ways: LocatedWay[] = [];
  readonly #tried = new Set<string>();
  /** Over which it went last, by name. */
  #trunk: string | undefined;
  #session: SipSessionId | undefined;
  #signalling: SessionSignalling | undefined;
  #cancelPatience: () => void = () => undefined;

  constructor(
    environment: DialEnvironment,
    request: DialRequest,
    user: DialogUser,
    opening: PlacedCallOpening,
  ) {
    this.#environment = environment;
    this.#request = request;
    this.#user = user;
    this.#opening = opening;
  }

  get media(): CallMedia | undefined {
    return this.#media;
  }

  get trunk(): string | undefined {
    return this.#trunk;
  }

  get leg(): MediaLeg | undefined {
    return this.#media?.leg;
  }

  get agreed(): NegotiatedAudio | undefined {
    return this.#media?.agreed;
  }

  get rateHz(): number | undefined {
    return this.#media?.rateHz;
  }

  /** What becomes of it is told, never before this has returned. */
  begin(): void {
    this.#open().then(
      () => this.#guarded(() => this.#tryNext({ statusCode: 503, reason: 'destination-unreachable' })),
      (error: unknown) => this.#guarded(() => this.#refuse(error)),
    );
  }

  send(command: MediaCommand): void {
    this.#media?.send(command);
  }

  hangUp({ reason, headers }: HangUpParts = {}): void {
    if (this.#state === 'over') return;
    if (this.#signalling === undefined) this.#fail({ statusCode: 487, reason: 'cancelled' });
    else this.#signalling.hangUp(reason, headers);
  }

  refer(target: string, parts: ReferParts): void {
    this.#signalling?.refer(target, parts);
  }

  acceptRefer(): void {
    this.#signalling?.acceptRefer();
  }

  rejectRefer(statusCode: number): void {
    this.#signalling?.rejectRefer(statusCode);
  }

  notifyRefer(statusCode: number): void {
    this.#signalling?.notifyRefer(statusCode);
  }

  giveUp(): void {
    this.hangUp();
  }

  handle(event: SipEvent): void {
    if (event.session === this.#session) this.#guarded(() => this.#handle(event));
  }

  async #open(): Promise<void> {
    await Promise.resolve();
    // Whoever was called off within the same turn would count for ever.
    if (this.#isOver) return;
    const environment = this.#environment;
    const way = environment.admit(this.#request);
    this.#isCounted = true;
    this.#ways = await this.#locate(way);
    const [first] = this.#ways;
    if (first === undefined || this.#state === 'over') return;
    const { inPlaceOf } = this.#request;
    const options: CallMediaOptions = {
      ...environment.media(first, this.#request),
      acceptReoffer: (sdp) => this.#signalling?.acceptReoffer(sdp),
      rejectReoffer: (statusCode, headers) => this.#signalling?.rejectReoffer(statusCode, headers),
      onAgreed: (audio) => this.#user.handleAgreed(audio),
      onLost: (cause) =>
        this.#guarded(() => {
          if (this.#state === 'talking' || cause === 'failed') this.#user.handleLost(cause);
        }),
      onEvent: (event) =>
        this.#guarded(() => {
          if (event.kind === 'digit') this.#user.handleDigit(event.digit, event.durationMs, 'audio');
          else this.#user.handleMedia(event);
        }),
    };
    const opened =
      inPlaceOf === undefined ? await CallMedia.open(options) : CallMedia.succeeding(inPlaceOf, options);
    if (this.#isOver) {
      opened.close();
      return;
    }
    this.#media = opened;
    this.#sdp = opened.offer();
  }

  /** Rejects with `SwitchError`. */
  async #locate(way: OutboundWay): Promise<LocatedWay[]> {
    this.#tried.add(way.requestUri);
    const { located, isLoop } = await this.#environment.locate(way);
    if (located.length === 0) throw new SwitchError(isLoop ? 'loop-to-ourselves' : 'destination-unreachable');
    const media = this.#media ?? this.#request.inPlaceOf;
    const familyOf = ({ flow }: LocatedWay) => (flow.localAddress.includes(':') ? 'ipv6' : 'ipv4');
    const family = media?.family ?? familyOf(located[0]!);
    // The leg has one address family, that of the best way.
    return located.filter((it) => familyOf(it) === family);
  }

  /** Calls over the best of the ways that are left; without one it has failed as it did last. */
  #tryNext(failure: CallFailure): void {
    if (this.#state === 'over') return;
    const way = this.#ways.shift();
    if (way === undefined) {
      this.#fail(failure);
      return;
    }
    const environment = this.#environment;
    const { command, timers } = environment;
    const { caller, headers = [], credentials, maxForwards } = this.#request;
    const { requestUri, trunk } = way.way;
    const identity = callerIdentity(caller, trunk, environment.hostFor(way.flow));
    this.#state = 'calling';
    this.#trunk = way.trunk;
    let callId = '';
    command((userAgent, nowMs) => {
      const call = {
        target: requestUri,
        from: identity.from,
        flow: way.flow,
        sdp: this.#sdp,
        headers: [...identity.headers, ...headers],
        trunk: way.trunk,
        routes: environment.routesOf(trunk?.name),
        credentials,
        maxForwards,
      };
      const begun = userAgent.invite(call, nowMs);
      this.#session = begun.session;
      this.#signalling = signallingOf(begun.session, command);
      callId = begun.callId;
      environment.register(begun.session, this);
      this.#opening.handleTrying(callId, { trunk: way.trunk, transport: way.flow.transport });
      return begun.outputs;
    });
    const session = this.#session;
    if (this.#ways.length > 0)
      this.#cancelPatience = timers.schedule(PATIENCE_MS, () =>
        this.#guarded(() => this.#losePatience(session)),
      );
  }

  /** A server that is there says 100 at once. */
  #losePatience(session: SipSessionId | undefined): void {
    if (session === undefined || session !== this.#session || this.#state !== 'calling') return;
    let isHeard = false;
    this.#environment.command((userAgent) => {
      isHeard = userAgent.isHeard(session);
      return [];
    });
    if (isHeard) return;
    const signalling = this.#signalling;
    this.#leave();
    signalling?.hangUp(undefined);
    this.#tryNext({ statusCode: 408, reason: 'no-answer' });
  }

  #handle(event: SipEvent): void {
    switch (event.kind) {
      case 'ringing':
        if (event.answer !== undefined) this.#media?.acceptAnswer(event.answer);
        this.#opening.handleRinging(event.statusCode);
        return;
      case 'answered':
        this.#handleAnswered(event.answer);
        return;
      case 'reoffer':
        this.#media?.handleReoffer(event.offer);
        return;
      case 'reoffer-answered':
      case 'reinvite-answered':
        this.#media?.acceptAnswer(event.answer);
        return;
      case 'info': {
        const press = parseInfoDigit(event.contentType, event.body);
        if (press.ok) this.#user.handleDigit(press.value.digit, press.value.durationMs, 'signalling');
        return;
      }
      case 'refer':
        this.#user.handleReferAsked(event);
        return;
      case 'refer-progress':
        this.#user.handleReferred(event.statusCode, event.isFinal);
        return;
      case 'ended':
        this.#handleEnded(event);
        return;
      default:
        return;
    }
  }

  #handleAnswered(answer: string | undefined): void {
    this.#cancelPatience();
    const isUsable =
      answer === undefined ? this.agreed !== undefined : this.#media?.acceptAnswer(answer) === true;
    if (!isUsable) {
      this.hangUp();
      return;
    }
    this.#state = 'talking';
    this.#environment.metrics.outboundCall('answered');
    this.#user.handleTalking();
  }

  #handleEnded({ by, statusCode, reason, contacts }: Extract<SipEvent, { kind: 'ended' }>): void {
    const wasTalking = this.#state === 'talking';
    this.#leave();
    if (wasTalking) {
      this.#state = 'over';
      this.#guarded(() => this.#user.handleEnded({ by, statusCode, reason }));
      this.#close();
      return;
    }
    const failure = { statusCode: statusCode ?? 487, reason: outcomeOf(statusCode ?? 487) };
    if (contacts !== undefined) this.#redirect(contacts, failure);
    else if (by === 'timeout' || by === 'transport' || statusCode === 503) this.#tryNext(failure);
    else this.#fail(failure);
  }

  /** A peer could send us anywhere: only where calls of ours may go is it followed, and only so often. */
  #redirect(contacts: readonly string[], failure: CallFailure): void {
    const environment = this.#environment;
    const way =
      this.#tried.size >= MOST_TARGETS
        ? undefined
        : environment.redirection(contacts, this.#tried, this.#request);
    if (way === undefined) {
      this.#tryNext(failure);
      return;
    }
    this.#state = 'opening';
    this.#locate(way).then(
      (located) => {
        this.#ways.unshift(...located);
        // Not within the promise: what throws there would be nobody's.
        environment.timers.schedule(0, () => this.#guarded(() => this.#tryNext(failure)));
      },
      (error: unknown) => this.#guarded(() => this.#refuse(error)),
    );
  }

  #refuse(error: unknown): void {
    if (this.#state === 'over') return;
    if (!(error instanceof SwitchError)) throw error;
    const { metrics } = this.#environment;
    const { log, to } = this.#request;
    log.warn({ reason: error.code, to }, 'a call to somebody else is refused');
    metrics.outboundRefused(error.code);
    this.#close();
    this.#opening.handleFailed({ statusCode: error.sipStatus, reason: error.code, error });
  }

  #fail(failure: CallFailure): void {
    if (this.#state === 'over') return;
    this.#close();
    this.#environment.metrics.outboundCall(failure.reason);
    this.#request.log.info({ ...failure, to: this.#request.to }, 'a call to somebody else was not answered');
    this.#opening.handleFailed(failure);
  }

  /** The present SIP session is no longer ours to hear of. */
  #leave(): void {
    this.#cancelPatience();
    if (this.#session !== undefined) this.#environment.forget(this.#session);
    this.#session = undefined;
    this.#signalling = undefined;
  }

  #close(): void {
    this.#state = 'over';
    this.#leave();
    this.#media?.close();
    if (this.#isCounted) this.#environment.release();
    this.#isCounted = false;
  }

  /** As the state may have changed while something was waited for. */
  get #isOver(): boolean {
    return this.#state === 'over';
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#user.handleBug(error);
    }
  }
}

/** What became of a call that was not answered, by its final status. */
function outcomeOf(statusCode: number): string {
  if (statusCode === 486 || statusCode === 600) return 'busy';
  if (statusCode === 408 || statusCode === 480) return 'no-answer';
  if (statusCode === 487) return 'cancelled';
  if (statusCode === 404 || statusCode === 410 || statusCode === 484 || statusCode === 604)
    return 'not-found';
  if (statusCode === 403 || statusCode === 603 || statusCode === 607) return 'rejected';
  return statusCode < 400 ? 'redirected' : 'failed';
}

/** Over UDP an INVITE that is lost has been sent four times by then. */
const PATIENCE_MS = 4_000;
/** The one that was asked for, and redirections. */
const MOST_TARGETS = 5;
