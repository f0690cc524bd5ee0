/** The media of one dialog: its leg, what is agreed about it, and what becomes of it. */
import type { Clock } from '../clock.ts';
import { invariant } from '../invariant.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand, MediaEvent } from '../media/command.ts';
import type { MediaLeg, MediaPlane, OpenLegOptions } from '../media/media-plane.ts';
import type { Result } from '../result.ts';
import type { Answer } from '../sdp/answer.ts';
import { type NegotiatedAudio, sampleRateHz } from '../sdp/negotiated.ts';
import type { AudioPreferences } from '../sdp/preferences.ts';
import type { HeaderField } from '../sip/message/message.ts';
import type { CallMetrics } from './metrics.ts';
import { type DescriptionRefusal, Negotiation } from './negotiation.ts';

export interface CallMediaOptions extends Omit<OpenLegOptions, 'onEvent'> {
  readonly plane: MediaPlane;
  readonly preferences: AudioPreferences;
  /** What SDP says; undefined: the leg's own address. */
  readonly mediaAddress: string | undefined;
  readonly clock: Clock;
  readonly metrics: CallMetrics;
  readonly log: Logger;
  readonly acceptReoffer: (sdp: string) => void;
  readonly rejectReoffer: (statusCode: number, headers: readonly HeaderField[]) => void;
  readonly onAgreed: (audio: NegotiatedAudio) => void;
  /** It cannot go on: the leg failed, or nothing has come from a peer who should have sent. */
  readonly onLost: (cause: 'failed' | 'silent') => void;
  readonly onEvent: (event: MediaEvent) => void;
}

export class CallMedia {
  readonly leg: MediaLeg;
  readonly #options: CallMediaOptions;
  readonly #negotiation: Negotiation;
  #agreed: NegotiatedAudio | undefined;
  #rateHz: number | undefined;
  /**
   * `waiting`: for the end of whom it is to follow; `kept`: its own dialog is over, and its leg is there for who follows;
   * `over`: its leg is closed, or has gone to who followed.
   */
  #state: 'using' | 'waiting' | 'kept' | 'over' = 'using';
  #predecessor: CallMedia | undefined;
  #successor: CallMedia | undefined;

  /** Rejects with `SwitchError` `media-ports-exhausted`. */
  static async open(options: CallMediaOptions): Promise<CallMedia> {
    let media: CallMedia | undefined;
    const leg = await options.plane.openLeg({
      callId: options.callId,
      family: options.family,
      symmetricRtp: options.symmetricRtp,
      beside: options.beside,
      onEvent: (event) => media?.handle(event),
    });
    media = new CallMedia(options, leg);
    return media;
  }

  /** Of a call that is to take another's place: from `takeOver` on the leg is its own. */
  static succeeding(predecessor: CallMedia, options: CallMediaOptions): CallMedia {
    const media = new CallMedia(options, predecessor.leg);
    media.#state = 'waiting';
    media.#predecessor = predecessor;
    return media;
  }

  private constructor(options: CallMediaOptions, leg: MediaLeg) {
    this.#options = options;
    this.leg = leg;
    const { localAddress, localPort, localRtcpPort } = leg;
    // RFC 8866 section 5.2 recommends a timestamp for the session id: unique enough, and it tells nothing else.
    const sessionId = String(Math.floor(options.clock.wallMs()));
    const description = { localAddress: options.mediaAddress ?? localAddress, localPort, localRtcpPort };
    this.#negotiation = new Negotiation({ ...description, sessionId }, options.preferences);
  }

  get family(): OpenLegOptions['family'] {
    return this.#options.family;
  }

  get agreed(): NegotiatedAudio | undefined {
    return this.#agreed;
  }

  /** Of the leg: settled by what was agreed first, which may have been before the answer. */
  get rateHz(): number | undefined {
    return this.#rateHz;
  }

  offer(): string {
    return this.#negotiation.offer();
  }

  /** What would answer the offer; it is not agreed before `agree`. */
  answer(offer: string): Result<Answer, DescriptionRefusal> {
    return this.#negotiation.answer(offer);
  }

  /** What a 488 says of its reason. */
  warning(reason: DescriptionRefusal): HeaderField[] {
    return this.#negotiation.warning(reason);
  }

  send(command: MediaCommand): void {
    const takesNone = this.#agreed !== undefined && this.#agreed.telephoneEventPayloadType === undefined;
    if (command.kind === 'send-digits' && takesNone)
      this.#options.log.warn(
        { digits: command.digits.length },
        'the other side takes no telephone events: keys are left out',
      );
    else this.leg.send(command);
  }

  agree(audio: NegotiatedAudio): void {
    this.#agreed = audio;
    if (this.#state !== 'using') return;
    this.#rateHz ??= sampleRateHz(audio.codec);
    this.leg.send({ kind: 'negotiate', audio });
    this.#options.onAgreed(audio);
  }

  /** Takes the peer's answer to our offer; false: it is not usable. */
  acceptAnswer(answer: string): boolean {
    const accepted = this.#negotiation.acceptAnswer(answer);
    if (accepted.ok) this.agree(accepted.value);
    else this.#options.log.warn({ reason: accepted.reason }, 'an answer is not usable');
    return accepted.ok;
  }

  /** A re-INVITE or UPDATE: hold, resume, a new address or codec. */
  handleReoffer(offer: string | undefined): void {
    const { acceptReoffer, rejectReoffer, log } = this.#options;
    if (this.#state !== 'using') {
      rejectReoffer(NOT_ACCEPTABLE_HERE, []);
      return;
    }
    if (offer === undefined) {
      acceptReoffer(this.#negotiation.offer());
      return;
    }
    const answered = this.#negotiation.answer(offer);
    if (!answered.ok) {
      log.warn({ reason: answered.reason }, 'a new offer is refused; the call goes on as before');
      rejectReoffer(NOT_ACCEPTABLE_HERE, this.#negotiation.warning(answered.reason));
      return;
    }
    acceptReoffer(answered.value.sdp);
    this.agree(answered.value.audio);
  }

  handle(event: MediaEvent): void {
    if (this.#successor !== undefined) {
      this.#successor.handle(event);
      return;
    }
    const { log, onLost, onEvent } = this.#options;
    switch (event.kind) {
      case 'stats':
        // They come once a second; those after the end are its last word.
        if (this.#state !== 'over') return;
        this.#options.metrics.legClosed(event.stats);
        log.info({ media: event.stats }, 'media closed');
        return;
      case 'failed':
        log.error({ message: event.message }, 'the media of the call failed');
        onLost('failed');
        return;
      case 'media-silent':
        // Who has put us on hold may send music or nothing (RFC 3264 section 8.4), and is still there.
        if (this.#agreed?.direction !== 'sendrecv' || this.#state !== 'using') return;
        log.warn({ silentMs: event.silentMs }, 'no media from the other side');
        onLost('silent');
        return;
      default:
        onEvent(event);
    }
  }

  /** The leg, and what goes on with it, has the other side of this dialog from now on. */
  takeOver(): void {
    const predecessor = this.#predecessor;
    invariant(this.#state === 'waiting' && predecessor !== undefined, 'who takes over has waited');
    invariant(predecessor.#state !== 'over', 'a leg is taken over while it is there');
    invariant(this.#agreed !== undefined, 'who has answered has agreed on a codec');
    predecessor.#state = 'over';
    predecessor.#successor = this;
    this.#predecessor = undefined;
    this.#state = 'using';
    this.#rateHz = predecessor.#rateHz;
    this.leg.send({ kind: 'negotiate', audio: this.#agreed, isAnotherPhone: true });
    this.#options.onAgreed(this.#agreed);
  }

  /** Its dialog is over, but not the leg: nothing is sent or heard until somebody takes it over. False: it is gone. */
  keepLeg(): boolean {
    if (this.#state !== 'using' || this.#agreed === undefined) return false;
    this.agree({ ...this.#agreed, direction: 'inactive' });
    this.#state = 'kept';
    return true;
  }

  /** Nobody takes over a leg that was kept. */
  dropLeg(): void {
    if (this.#state !== 'kept') return;
    this.#state = 'using';
    this.close();
  }

  close(): void {
    if (this.#state === 'kept') return;
    const isOwner = this.#state === 'using';
    this.#state = 'over';
    if (isOwner) this.leg.close();
  }
}

const NOT_ACCEPTABLE_HERE = 488;
