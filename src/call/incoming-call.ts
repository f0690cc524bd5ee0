/** A call that comes in: takes the offer, rings, answers, and keeps the dialog to its end. */
import type { Timers } from '../clock.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { MediaLeg } from '../media/media-plane.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { HeaderField } from '../sip/message/message.ts';
import type { ReferParts } from '../sip/session/refer-usage.ts';
import type { SipEvent } from '../sip/user-agent-events.ts';
import type { DialogLine, DialogUser, HangUpParts, LineEnd, SipSessionUser } from './call-line.ts';
import { CallMedia, type CallMediaOptions } from './call-media.ts';
import type { IncomingLine, IncomingLineOpening } from './incoming-line.ts';
import { parseInfoDigit } from './info-digit.ts';
import type { SessionSignalling } from './session-signalling.ts';

export interface IncomingCallOptions {
  readonly signalling: SessionSignalling;
  readonly media: Omit<CallMediaOptions, keyof MediaCallbacks>;
  /** Of ringing; undefined: until `answer`, if it comes in time. */
  readonly answerAfterMs: number | undefined;
  /** By name. */
  readonly trunk: string | undefined;
  readonly timers: Timers;
  readonly user: DialogUser;
  readonly opening: IncomingLineOpening;
  readonly log: Logger;
}

type MediaCallbacks = Pick<
  CallMediaOptions,
  'acceptReoffer' | 'rejectReoffer' | 'onAgreed' | 'onLost' | 'onEvent'
>;

export class IncomingCall implements IncomingLine, DialogLine, SipSessionUser {
  readonly #options: IncomingCallOptions;
  #state: 'opening' | 'ringing' | 'early' | 'answered' | 'talking' | 'over' = 'opening';
  #media: CallMedia | undefined;
  /** What answers the caller's offer, or our own offer where there was none. */
  #sdp = '';
  #audio: NegotiatedAudio | undefined;
  #timers: (() => void)[] = [];

  constructor(options: IncomingCallOptions) {
    this.#options = options;
  }

  get media(): CallMedia | undefined {
    return this.#media;
  }

  get trunk(): string | undefined {
    return this.#options.trunk;
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

  /** Takes ports, rings, and answers the offer; without one it answers with ours (RFC 3261 section 13.2.1). */
  async begin(offer: string | undefined): Promise<void> {
    try {
      this.#media = await CallMedia.open({ ...this.#options.media, ...this.#callbacks() });
    } catch (error) {
      const refusal = error instanceof SwitchError ? error : new SwitchError('media-ports-exhausted');
      this.#options.log.error({ error }, 'no media for the call');
      this.#refuse(refusal.sipStatus, []);
      return;
    }
    if (this.#state === 'over') this.#media.close();
    else this.#guarded(() => this.#ring(offer));
  }

  /** 200; of a call that is answered already, nothing. */
  answer(): void {
    if (this.#state !== 'ringing' && this.#state !== 'early') return;
    const isAgreed = this.#state === 'early';
    this.#state = 'answered';
    this.#options.opening.handleAnswered();
    if (this.#audio !== undefined && !isAgreed) this.#media!.agree(this.#audio);
    this.#options.signalling.answer(this.#sdp);
  }

  /** 183: the caller hears us before the call is answered. */
  answerEarly(): void {
    if (this.#state !== 'ringing' || this.#audio === undefined) return;
    this.#state = 'early';
    this.#media!.agree(this.#audio);
    this.#options.signalling.ring(183, this.#sdp);
  }

  decline(statusCode: number, reasonPhrase: string | undefined, headers: readonly HeaderField[]): void {
    if (this.#isUnanswered) this.#refuse(statusCode, headers, reasonPhrase);
  }

  send(command: MediaCommand): void {
    this.#media?.send(command);
  }

  hangUp({ reason, headers }: HangUpParts = {}): void {
    if (this.#state !== 'over') this.#options.signalling.hangUp(reason, headers);
  }

  refer(target: string, parts: ReferParts): void {
    this.#options.signalling.refer(target, parts);
  }

  acceptRefer(): void {
    this.#options.signalling.acceptRefer();
  }

  rejectRefer(statusCode: number): void {
    this.#options.signalling.rejectRefer(statusCode);
  }

  notifyRefer(statusCode: number): void {
    this.#options.signalling.notifyRefer(statusCode);
  }

  /** After a bug: whatever is right in its state. */
  giveUp(): void {
    if (this.#isUnanswered) this.#refuse(SERVER_INTERNAL_ERROR, []);
    else this.hangUp();
  }

  handle(event: SipEvent): void {
    this.#guarded(() => this.#handle(event));
  }

  #handle(event: SipEvent): void {
    const { user, signalling, log } = this.#options;
    switch (event.kind) {
      case 'confirmed':
        this.#handleConfirmed(event.answer);
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
        if (press.ok) user.handleDigit(press.value.digit, press.value.durationMs, 'signalling');
        else log.debug({ contentType: event.contentType, reason: press.reason }, 'an INFO carries no digit');
        return;
      }
      case 'refer':
        if (this.#state === 'talking') user.handleReferAsked(event);
        else signalling.rejectRefer(DECLINE);
        return;
      case 'refer-progress':
        user.handleReferred(event.statusCode, event.isFinal);
        return;
      case 'cancelled':
        this.#end({ by: 'remote', statusCode: REQUEST_TERMINATED, reason: event.reason });
        return;
      case 'ended':
        this.#end(event);
        return;
      // Of calls that we place, and what is for the switchboard itself.
      default:
        return;
    }
  }

  /** The ACK to our 200: from here on the caller can hear. `answer` is the SDP of a late offer's ACK. */
  #handleConfirmed(answer: string | undefined): void {
    if (this.#state !== 'answered') return;
    if (this.#audio === undefined && !this.#media!.acceptAnswer(answer ?? '')) {
      this.hangUp();
      return;
    }
    this.#state = 'talking';
    for (const cancel of this.#timers.splice(0)) cancel();
    this.#options.user.handleTalking();
  }

  #ring(offer: string | undefined): void {
    const { answerAfterMs, signalling, opening } = this.#options;
    if (!this.#describe(offer)) return;
    this.#state = 'ringing';
    signalling.ring(180, undefined);
    // Whom a call without an offer is to be answered by, nobody can be asked: there is no sound to ask about yet.
    const waitsMs = this.#audio === undefined ? (answerAfterMs ?? 0) : answerAfterMs;
    if (waitsMs === undefined) {
      this.#later(LONGEST_RINGING_MS, () => this.decline(TEMPORARILY_UNAVAILABLE, undefined, []));
      if (this.#audio !== undefined) opening.handleWaiting(this.#audio);
    } else if (waitsMs === 0) this.answer();
    else this.#later(waitsMs, () => this.answer());
  }

  #describe(offer: string | undefined): boolean {
    const media = this.#media!;
    if (offer === undefined) {
      this.#sdp = media.offer();
      return true;
    }
    const answered = media.answer(offer);
    if (answered.ok) {
      this.#audio = answered.value.audio;
      this.#sdp = answered.value.sdp;
      return true;
    }
    this.#options.log.warn({ reason: answered.reason }, 'the offer is refused');
    this.#refuse(NOT_ACCEPTABLE_HERE, media.warning(answered.reason));
    return false;
  }

  get #isUnanswered(): boolean {
    return this.#state === 'opening' || this.#state === 'ringing' || this.#state === 'early';
  }

  #refuse(statusCode: number, headers: readonly HeaderField[], reasonPhrase?: string): void {
    this.#options.signalling.reject(statusCode, headers, reasonPhrase);
    this.#end({ by: 'local', statusCode, reason: undefined });
  }

  #end(end: LineEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    for (const cancel of this.#timers) cancel();
    this.#guarded(() => this.#options.user.handleEnded(end));
    this.#media?.close();
  }

  #callbacks(): MediaCallbacks {
    const { signalling, user } = this.#options;
    return {
      acceptReoffer: signalling.acceptReoffer,
      rejectReoffer: signalling.rejectReoffer,
      onAgreed: (audio) => user.handleAgreed(audio),
      onLost: (cause) => this.#guarded(() => user.handleLost(cause)),
      onEvent: (event) =>
        this.#guarded(() => {
          if (event.kind === 'digit') user.handleDigit(event.digit, event.durationMs, 'audio');
          else user.handleMedia(event);
        }),
    };
  }

  #later(delayMs: number, act: () => void): void {
    this.#timers.push(this.#options.timers.schedule(delayMs, () => this.#guarded(act)));
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.user.handleBug(error);
    }
  }
}

const LONGEST_RINGING_MS = 60_000;
const TEMPORARILY_UNAVAILABLE = 480;
const REQUEST_TERMINATED = 487;
const NOT_ACCEPTABLE_HERE = 488;
const SERVER_INTERNAL_ERROR = 500;
const DECLINE = 603;
