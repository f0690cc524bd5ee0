/** A call that an Asterisk hands over by AudioSocket: a phone with a connection of its own, and no SIP. */
import type { Timers } from '../clock.ts';
import { SwitchError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand, MediaEvent } from '../media/command.ts';
import { linearAudio } from '../media/linear-phone.ts';
import type { MediaLeg, MediaPlane, WaitingPhone } from '../media/media-plane.ts';
import { type NegotiatedAudio, sampleRateHz } from '../sdp/negotiated.ts';
import type { LineEnd } from './call-line.ts';
import type { IncomingLine, IncomingLineUser } from './incoming-line.ts';
import type { CallMetrics } from './metrics.ts';

export interface AudioSocketCallOptions {
  readonly phone: WaitingPhone;
  readonly plane: MediaPlane;
  /** It waits for its agent's `answer`. */
  readonly waits: boolean;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  readonly user: IncomingLineUser;
  readonly log: Logger;
}

export class AudioSocketCall implements IncomingLine {
  readonly #options: AudioSocketCallOptions;
  readonly #audio: NegotiatedAudio;
  #state: 'opening' | 'waiting' | 'early' | 'talking' | 'over' = 'opening';
  #leg: MediaLeg | undefined;
  #agreed: NegotiatedAudio | undefined;
  #cancelWaiting: () => void = () => undefined;

  constructor(options: AudioSocketCallOptions) {
    const { codec, remoteAddress, remotePort } = options.phone;
    this.#options = options;
    this.#audio = linearAudio(codec, remoteAddress, remotePort);
  }

  get leg(): MediaLeg | undefined {
    return this.#leg;
  }

  get agreed(): NegotiatedAudio | undefined {
    return this.#agreed;
  }

  get rateHz(): number | undefined {
    return this.#agreed && sampleRateHz(this.#agreed.codec);
  }

  async begin(): Promise<void> {
    const { phone, plane, log } = this.#options;
    let leg: MediaLeg;
    try {
      leg = await plane.openLeg({
        callId: phone.uuid,
        family: phone.remoteAddress.includes(':') ? 'ipv6' : 'ipv4',
        symmetricRtp: false,
        phone,
        onEvent: (event) => this.#guarded(() => this.#handle(event)),
      });
    } catch (error) {
      log.warn({ error }, 'no media for the call');
      phone.refuse();
      const { sipStatus } = error instanceof SwitchError ? error : new SwitchError('media-ports-exhausted');
      this.#end({ by: 'local', statusCode: sipStatus, reason: undefined });
      return;
    }
    if (this.#isOver) leg.close();
    else this.#guarded(() => this.#begin(leg));
  }

  answer(): void {
    if (this.#state !== 'waiting' && this.#state !== 'early') return;
    const { timers, user } = this.#options;
    this.#cancelWaiting();
    this.#state = 'talking';
    user.handleAnswered();
    this.#agree();
    // As with SIP, whoever answers has done so before anybody talks.
    this.#cancelWaiting = timers.schedule(0, () => this.#guarded(() => user.handleTalking()));
  }

  answerEarly(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'early';
    this.#agree();
  }

  /** No status reaches Asterisk: its dialplan goes on. */
  decline(statusCode: number): void {
    if (this.#state === 'waiting' || this.#state === 'early') this.#hangUp(statusCode);
  }

  send(command: MediaCommand): void {
    // Asterisk ends the call at a frame that is neither audio nor the end.
    if (command.kind === 'send-digits')
      this.#options.log.warn(
        { digits: command.digits.length },
        'AudioSocket takes no keys: they are left out',
      );
    else this.#leg?.send(command);
  }

  hangUp(): void {
    this.#hangUp(undefined);
  }

  refer(): void {
    const { log, timers, user } = this.#options;
    log.warn({}, 'AudioSocket knows no REFER: the caller stays');
    timers.schedule(0, () => this.#guarded(() => user.handleReferred(NOT_IMPLEMENTED, true)));
  }

  giveUp(): void {
    this.#hangUp(SERVER_INTERNAL_ERROR);
  }

  #begin(leg: MediaLeg): void {
    const { waits, timers, user } = this.#options;
    this.#leg = leg;
    this.#state = 'waiting';
    // Asterisk gives up a connection on which nothing happens for 2 s: it hears silence from now on.
    leg.send({ kind: 'negotiate', audio: this.#audio });
    if (!waits) {
      this.answer();
      return;
    }
    this.#cancelWaiting = timers.schedule(LONGEST_WAIT_MS, () =>
      this.#guarded(() => this.decline(TEMPORARILY_UNAVAILABLE)),
    );
    user.handleWaiting(this.#audio);
  }

  #agree(): void {
    if (this.#agreed !== undefined) return;
    this.#agreed = this.#audio;
    this.#options.user.handleAgreed(this.#audio);
  }

  #handle(event: MediaEvent): void {
    const { metrics, log, user } = this.#options;
    switch (event.kind) {
      case 'stats':
        // They come once a second; those after the end are its last word.
        if (!this.#isOver) return;
        metrics.legClosed(event.stats);
        log.info({ media: event.stats }, 'media closed');
        return;
      case 'phone-gone': {
        log.debug({ reason: event.reason }, 'the phone is gone');
        const isCut = event.reason !== 'hung-up' && event.reason !== 'connection-lost';
        this.#end({ by: isCut ? 'transport' : 'remote', statusCode: undefined, reason: undefined });
        return;
      }
      case 'failed':
        log.error({ message: event.message }, 'the media of the call failed');
        user.handleLost('failed');
        return;
      case 'media-silent':
        log.warn({ silentMs: event.silentMs }, 'no media from the other side');
        user.handleLost('silent');
        return;
      case 'digit':
        // It does not go with the audio: whoever the caller is joined with has to be told.
        user.handleDigit(event.digit, undefined, 'signalling');
        return;
      default:
        user.handleMedia(event);
    }
  }

  /** What follows is told later: whoever hangs up may be in the midst of something. */
  #hangUp(statusCode: number | undefined): void {
    const { timers, phone } = this.#options;
    if (this.#state === 'opening') phone.refuse();
    this.#leg?.close();
    timers.schedule(0, () => this.#end({ by: 'local', statusCode, reason: undefined }));
  }

  #end(end: LineEnd): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#cancelWaiting();
    this.#guarded(() => this.#options.user.handleEnded(end));
    this.#leg?.close();
  }

  /** As it may have changed while something was waited for. */
  get #isOver(): boolean {
    return this.#state === 'over';
  }

  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#options.user.handleBug(error);
    }
  }
}

const LONGEST_WAIT_MS = 60_000;
const TEMPORARILY_UNAVAILABLE = 480;
const SERVER_INTERNAL_ERROR = 500;
const NOT_IMPLEMENTED = 501;
