/** One SIP dialog with its media: what a phone is talking to. It negotiates, and gives the caller a session. */
import type { EndCause, SessionInfo } from '../agent/agent.ts';
import type { Timers } from '../clock.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { LegStats, MediaEvent } from '../media/command.ts';
import type { MediaLeg, MediaPlane } from '../media/media-plane.ts';
import { type NegotiatedAudio, sampleRateHz } from '../sdp/negotiated.ts';
import type { AudioPreferences } from '../sdp/preferences.ts';
import type { HeaderField } from '../sip/message/message.ts';
import { Backdrop, type BackdropOptions } from './backdrop.ts';
import type { CallFlow } from './flow.ts';
import { parseInfoDigit } from './info-digit.ts';
import { type LegDescription, Negotiation } from './negotiation.ts';
import type { RunningSession } from './running-session.ts';
import { Session, type SessionServices } from './session.ts';

/** The SIP side of one call: the user agent's commands, bound to its session. */
export interface CallSignalling {
  ring(): void;
  answer(sdp: string): void;
  reject(statusCode: number, headers: readonly HeaderField[]): void;
  acceptReoffer(sdp: string): void;
  rejectReoffer(statusCode: number, headers: readonly HeaderField[]): void;
  /** BYE, or the right final response while the call is not answered yet. */
  hangUp(reason?: string): void;
}

export interface CallOptions {
  readonly signalling: CallSignalling;
  readonly media: MediaPlane;
  readonly preferences: AudioPreferences;
  /** What SDP says; undefined: the leg's own address. */
  readonly mediaAddress: string | undefined;
  readonly symmetricRtp: boolean;
  readonly family: 'ipv4' | 'ipv6';
  readonly flow: CallFlow;
  readonly info: SessionInfo;
  /** The SIP Call-ID, for the log. */
  readonly callId: string;
  readonly services: SessionServices;
  readonly log: Logger;
  /** The call is over and holds nothing any more; `parted` resolves when its agent has been told. */
  readonly onOver: (parted: Promise<void>) => void;
}

export class Call {
  readonly #options: CallOptions;
  #state: 'opening' | 'ringing' | 'answered' | 'talking' | 'over' = 'opening';
  #leg: MediaLeg | undefined;
  #negotiation: Negotiation | undefined;
  #backdrop: Backdrop | undefined;
  #session: Session | undefined;
  #audio: NegotiatedAudio | undefined;
  /** Of the leg: settled by its first codec. */
  #rateHz: number | undefined;
  #endCause: EndCause | undefined;
  #answeredMs = 0;
  #timers: (() => void)[] = [];

  constructor(options: CallOptions) {
    this.#options = options;
  }

  /** When the caller was answered, by the monotonic clock; undefined before. */
  get answeredMs(): number | undefined {
    return this.#state === 'talking' || this.#state === 'answered' ? this.#answeredMs : undefined;
  }

  /** For those outside the call; undefined before it is answered and after its end. */
  get session(): RunningSession | undefined {
    const session = this.#session;
    if (session === undefined || this.#state === 'over') return undefined;
    return {
      info: this.#options.info,
      takeFromApi: (body) => session.takeFromApi(body),
      hangUp: () => this.hangUp('agent-hung-up'),
    };
  }

  /** Takes ports, rings, and answers the offer; without one it answers with ours (RFC 3261 section 13.2.1). */
  async begin(offer: string | undefined): Promise<void> {
    const { media, callId, family, symmetricRtp, preferences, signalling, flow } = this.#options;
    try {
      this.#leg = await media.openLeg({
        callId,
        family,
        symmetricRtp,
        onEvent: (event) => this.#guarded(() => this.#handleMedia(event)),
      });
    } catch (error) {
      const refusal = error instanceof SwitchError ? error : new SwitchError('media-ports-exhausted');
      this.#options.log.error({ error }, 'no media for the call');
      this.#refuse(refusal.sipStatus, []);
      return;
    }
    if (this.#state === 'over') {
      this.#leg.close();
      return;
    }
    this.#guarded(() => {
      this.#negotiation = new Negotiation(this.#describeLeg(), preferences);
      const sdp = this.#describe(this.#negotiation, offer);
      if (sdp === undefined) return;
      this.#state = 'ringing';
      signalling.ring();
      if (flow.answerAfterMs === 0) this.#answer(sdp);
      else this.#later(flow.answerAfterMs, () => this.#answer(sdp));
    });
  }

  /** The ACK to our 200: from here on the caller can hear. `answer` is the SDP of a late offer's ACK. */
  handleConfirmed(answer: string | undefined): void {
    if (this.#state !== 'answered') return;
    if (this.#audio === undefined) {
      const accepted = this.#negotiation!.acceptAnswer(answer ?? '');
      if (!accepted.ok) {
        this.#options.log.warn({ reason: accepted.reason }, 'the ACK has no usable answer');
        this.hangUp('error');
        return;
      }
      this.#beginSound(accepted.value);
    }
    this.#state = 'talking';
    const { flow, info, callId } = this.#options;
    const inside = this.#inside();
    this.#session = new Session({
      ...inside,
      info,
      callId,
      backdrop: this.#backdrop,
      hangUp: (cause) => this.hangUp(cause),
    });
    this.#later(flow.maxDurationMs, () => this.#outlived());
    inside.log.info({ from: info.from, to: info.to }, 'call answered');
    this.#session.start();
    this.#session.hold(isHold(this.#audio));
  }

  /** A re-INVITE or UPDATE: hold, resume, a new address or codec. */
  handleReoffer(offer: string | undefined): void {
    const { signalling, log } = this.#options;
    if (this.#negotiation === undefined || this.#state === 'over') return;
    if (offer === undefined) {
      signalling.acceptReoffer(this.#negotiation.offer());
      return;
    }
    const answered = this.#negotiation.answer(offer);
    if (!answered.ok) {
      log.warn({ reason: answered.reason }, 'a new offer is refused; the call goes on as before');
      signalling.rejectReoffer(NOT_ACCEPTABLE_HERE, this.#negotiation.warning(answered.reason));
      return;
    }
    signalling.acceptReoffer(answered.value.sdp);
    this.#negotiate(answered.value.audio);
  }

  /** The peer's answer to an offer of ours inside the dialog. */
  handleReofferAnswered(answer: string): void {
    const accepted = this.#negotiation?.acceptAnswer(answer);
    if (accepted?.ok === true) this.#negotiate(accepted.value);
    else
      this.#options.log.warn(
        { reason: accepted?.reason },
        'an answer is not usable; the media stay as they are',
      );
  }

  handleInfo(contentType: string, body: Uint8Array): void {
    const press = parseInfoDigit(contentType, body);
    if (press.ok) this.#session?.digit(press.value.digit);
    else this.#options.log.debug({ contentType, reason: press.reason }, 'an INFO carries no digit');
  }

  /** The SIP side is over: CANCEL, BYE, or a time-out. */
  handleEnded(by: 'remote' | 'local' | 'timeout' | 'transport' | 'error', statusCode?: number): void {
    if (this.#state === 'over') return;
    const cause = this.#endCause ?? (by === 'remote' ? 'caller-hung-up' : 'error');
    const answered = this.answeredMs;
    this.#state = 'over';
    for (const cancel of this.#timers) cancel();
    let parted = Promise.resolve();
    this.#guarded(() => this.#backdrop?.close());
    this.#guarded(() => {
      parted = this.#session?.end(cause) ?? parted;
    });
    this.#leg?.close();
    const { services, log, onOver } = this.#options;
    if (answered === undefined) {
      services.metrics.callRefused(statusCode ?? REQUEST_TERMINATED);
      log.info({ by, statusCode }, 'call ended before it was answered');
    } else {
      const durationMs = Math.round(services.clock.nowMs() - answered);
      services.metrics.callEnded(cause, durationMs);
      log.info({ by, cause, durationMs }, 'call ended');
    }
    onOver(parted);
  }

  /** Ends the call from our side. */
  hangUp(cause: EndCause, reason?: string): void {
    if (this.#state === 'over') return;
    this.#endCause ??= cause;
    this.#options.signalling.hangUp(reason);
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
      this.crash(error);
    }
  }

  crash(error: unknown): void {
    this.#options.log.error({ error }, 'a bug ended this call');
    if (this.#state === 'opening' || this.#state === 'ringing') this.#refuse(SERVER_INTERNAL_ERROR, []);
    else this.hangUp('error');
  }

  /** What the parts of the call that deal with its sound share. */
  #inside(): BackdropOptions & SessionServices {
    const { services, flow, info, log } = this.#options;
    const schedule: Timers['schedule'] = (delayMs, action) =>
      services.timers.schedule(delayMs, () => this.#guarded(action));
    return {
      ...services,
      timers: { schedule },
      flow,
      log: log.child({ flow: flow.name, session: info.id }),
      rateHz: this.#rateHz!,
      send: (command) => this.#leg!.send(command),
      onBug: (error) => this.crash(error),
    };
  }

  #describeLeg(): LegDescription {
    const { localAddress, localPort, localRtcpPort } = this.#leg!;
    const { mediaAddress, services } = this.#options;
    // RFC 8866 section 5.2 recommends a timestamp for the session id: unique enough, and it tells nothing else.
    const sessionId = String(Math.floor(services.clock.wallMs()));
    return { localAddress: mediaAddress ?? localAddress, localPort, localRtcpPort, sessionId };
  }

  #describe(negotiation: Negotiation, offer: string | undefined): string | undefined {
    if (offer === undefined) return negotiation.offer();
    const answered = negotiation.answer(offer);
    if (answered.ok) {
      this.#audio = answered.value.audio;
      return answered.value.sdp;
    }
    this.#options.log.warn({ reason: answered.reason }, 'the offer is refused');
    this.#refuse(NOT_ACCEPTABLE_HERE, negotiation.warning(answered.reason));
    return undefined;
  }

  #answer(sdp: string): void {
    if (this.#state !== 'ringing') return;
    this.#state = 'answered';
    this.#answeredMs = this.#options.services.clock.nowMs();
    this.#options.services.metrics.callAnswered();
    if (this.#audio !== undefined) this.#beginSound(this.#audio);
    this.#options.signalling.answer(sdp);
  }

  /** Not with the session: an ambience has no first words that could be lost before the ACK. */
  #beginSound(audio: NegotiatedAudio): void {
    this.#rateHz = sampleRateHz(audio.codec);
    this.#backdrop = new Backdrop(this.#inside());
    this.#backdrop.start();
    this.#negotiate(audio);
  }

  #refuse(statusCode: number, headers: readonly HeaderField[]): void {
    this.#options.signalling.reject(statusCode, headers);
    this.handleEnded('local', statusCode);
  }

  #negotiate(audio: NegotiatedAudio): void {
    this.#audio = audio;
    this.#leg!.send({ kind: 'negotiate', audio });
    this.#session?.hold(isHold(audio));
  }

  #handleMedia(event: MediaEvent): void {
    switch (event.kind) {
      case 'stats':
        this.#reportStats(event.stats);
        return;
      case 'failed':
        this.#options.log.error({ message: event.message }, 'the media of the call failed');
        this.hangUp('error');
        return;
      case 'media-silent':
        this.#lostMedia(event.silentMs);
        return;
      default:
        this.#session?.handleMedia(event);
    }
  }

  /** A leg's stats come once a second; those after the end are its last word. */
  #reportStats(stats: LegStats): void {
    if (this.#state !== 'over') return;
    this.#options.services.metrics.legClosed(stats);
    this.#options.log.info({ media: stats }, 'media closed');
  }

  /** A caller that has put us on hold may send music or nothing (RFC 3264 section 8.4), and is still there. */
  #lostMedia(silentMs: number): void {
    if (this.#audio?.direction !== 'sendrecv') return;
    this.#options.log.warn({ silentMs }, 'no media from the caller: hanging up');
    this.hangUp('media-lost', 'Q.850;cause=38;text="no media"');
  }

  #outlived(): void {
    this.#options.log.warn(
      { maxDurationMs: this.#options.flow.maxDurationMs },
      'the call reached its longest duration',
    );
    this.hangUp('error');
  }
}

/** The caller does not hear us: what is heard of them meanwhile is music (RFC 3264 section 8.4). */
function isHold(audio: NegotiatedAudio | undefined): boolean {
  return audio?.direction === 'recvonly' || audio?.direction === 'inactive';
}

const REQUEST_TERMINATED = 487;
const NOT_ACCEPTABLE_HERE = 488;
const SERVER_INTERNAL_ERROR = 500;
