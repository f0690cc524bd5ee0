/**
 * A line whose other side may put somebody else in its place by REFER: we call that one, and with the answer the leg, and
 * all that goes on with it, has a new dialog. The one before is for the other side to end.
 *
 * @see RFC 5589 section 6
 */
import type { Timers } from '../clock.ts';
import { SwitchError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { MediaLeg } from '../media/media-plane.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { HeaderField } from '../sip/message/message.ts';
import { parseNameAddress, serializeNameAddress } from '../sip/message/name-address.ts';
import { serializeReplaces } from '../sip/message/replaces.ts';
import type { ReferParts } from '../sip/session/refer-usage.ts';
import type {
  CallLine,
  CallLineUser,
  DialogLine,
  DialogUser,
  HangUpParts,
  LineEnd,
  ReferAsked,
} from './call-line.ts';
import type { CallerId } from './caller-identity.ts';
import type { DialRequest } from './dial-environment.ts';
import { DialogSeat, type DialogSeatEvents } from './dialog-seat.ts';
import type { CallMetrics } from './metrics.ts';
import { isAtTrunk, type OutboundRules, routeOutbound } from './outbound-routes.ts';
import type { CallFailure, PlacedCall, PlacedCallOpening } from './placed-call.ts';

/** What a line needs to call whom the other side names. */
export interface ReferralAccess {
  readonly rules: OutboundRules;
  readonly timers: Timers;
  readonly metrics: CallMetrics;
  /** Makes a call that is not begun yet. */
  place(request: DialRequest, user: DialogUser, opening: PlacedCallOpening): PlacedCall;
}

export interface ReferableLineOptions {
  readonly user: CallLineUser;
  readonly access: ReferralAccess;
  /** Who calls whom the other side names. */
  readonly caller: CallerId;
  /** Of calls that go on with this one. */
  readonly maxForwards: number;
  readonly log: Logger;
}

export class ReferableLine implements CallLine {
  readonly #options: ReferableLineOptions;
  #dialog: DialogLine;
  /** The call that the other side has asked for. */
  #coming: PlacedCall | undefined;
  #cancelRinging: () => void = () => undefined;
  #toldStatus = 0;
  /** How its dialog ended, while somebody may still come in its place. */
  #left: LineEnd | undefined;
  /** The dialog before, until the other side ends it. */
  #former: DialogLine | undefined;
  #cancelPatience: () => void = () => undefined;
  #isReplaced = false;
  /** Who was named may name somebody else. */
  #hopsLeft: number;

  /** Opens it with a first dialog, which `make` makes for the user it is given. */
  static open<Dialog extends DialogLine>(
    options: ReferableLineOptions,
    make: (user: DialogUser) => Dialog,
  ): { readonly line: ReferableLine; readonly dialog: Dialog } {
    const seat = new DialogSeat(options.user);
    const dialog = make(seat);
    const line = new ReferableLine(options, dialog);
    seat.take(dialog, line.#events());
    return { line, dialog };
  }

  private constructor(options: ReferableLineOptions, dialog: DialogLine) {
    this.#options = options;
    this.#dialog = dialog;
    this.#hopsLeft = options.maxForwards - 1;
  }

  get leg(): MediaLeg | undefined {
    return this.#dialog.leg;
  }

  get agreed(): NegotiatedAudio | undefined {
    return this.#dialog.agreed;
  }

  get rateHz(): number | undefined {
    return this.#dialog.rateHz;
  }

  /** Somebody has come in the place of whom it was opened with. */
  get isReplaced(): boolean {
    return this.#isReplaced;
  }

  send(command: MediaCommand): void {
    this.#dialog.send(command);
  }

  refer(target: string, parts: ReferParts): void {
    this.#dialog.refer(target, parts);
  }

  hangUp(parts?: HangUpParts): void {
    this.#callOff();
    if (this.#left === undefined) this.#dialog.hangUp(parts);
    else this.#over({ ...this.#left, by: 'local' });
  }

  giveUp(): void {
    this.#callOff();
    if (this.#left === undefined) this.#dialog.giveUp();
    else this.#over({ ...this.#left, by: 'local' });
  }

  #events(): DialogSeatEvents {
    return {
      isTaken: (dialog) => dialog === this.#dialog,
      onReferAsked: (asked) => this.#asked(asked),
      onEnded: (end) => this.#ended(end),
    };
  }

  #asked({ target, replaces, referredBy }: ReferAsked): void {
    const { access, caller, log } = this.#options;
    const dialog = this.#dialog;
    const { media, trunk } = dialog;
    if (this.#coming !== undefined || media === undefined) {
      dialog.rejectRefer(REQUEST_PENDING);
      return;
    }
    const over = isAtTrunk(access.rules, trunk, target) ? trunk : undefined;
    const routed = routeOutbound(access.rules, target, over);
    if (!routed.ok) {
      log.warn({ reason: routed.reason, to: target }, 'a call to somebody else is refused');
      access.metrics.outboundRefused(routed.reason);
      dialog.rejectRefer(new SwitchError(routed.reason).sipStatus);
      return;
    }
    log.info({ to: target, referredBy, isAttended: replaces !== undefined }, 'the other side passes us on');
    dialog.acceptRefer();
    const headers: HeaderField[] = [];
    // Who does not know how to replace a call would ring as for any other.
    if (replaces !== undefined)
      headers.push(
        { name: 'Replaces', value: serializeReplaces(replaces) },
        { name: 'Require', value: 'replaces' },
      );
    const by = referredBy === undefined ? undefined : parseNameAddress(referredBy);
    if (by !== undefined) headers.push({ name: 'Referred-By', value: serializeNameAddress(by) });
    this.#call({
      to: target,
      trunk: over,
      caller,
      headers,
      maxForwards: this.#hopsLeft,
      inPlaceOf: media,
      log,
    });
  }

  #call(request: DialRequest): void {
    const { access, user, log } = this.#options;
    const seat = new DialogSeat(user);
    const call = access.place(request, seat, {
      handleTrying: (farCallId) =>
        log.info({ to: request.to, farCallId }, 'calling whom the other side named'),
      handleRinging: (statusCode) => this.#tell(call, statusCode),
      handleFailed: (failure) => this.#failed(call, failure),
    });
    seat.take(call, { ...this.#events(), onTalking: () => this.#replace(call) });
    this.#coming = call;
    this.#toldStatus = 100;
    this.#cancelRinging = access.timers.schedule(LONGEST_RINGING_MS, () =>
      call.hangUp({ reason: NO_ANSWER }),
    );
    call.begin();
  }

  #tell(call: PlacedCall, statusCode: number): void {
    if (this.#coming !== call || this.#toldStatus === statusCode) return;
    this.#toldStatus = statusCode;
    this.#dialog.notifyRefer(statusCode);
  }

  /** The line goes on as before, unless there is nobody on it any more. */
  #failed(call: PlacedCall, { statusCode, reason }: CallFailure): void {
    if (this.#coming !== call) return;
    this.#options.log.warn({ statusCode, reason }, 'whom the other side named did not take over');
    this.#tell(call, statusCode);
    this.#coming = undefined;
    this.#cancelRinging();
    if (this.#left !== undefined) this.#over(this.#left);
  }

  #replace(call: PlacedCall): void {
    if (this.#coming !== call) return;
    invariant(call.media !== undefined, 'who has answered has media');
    const former = this.#dialog;
    this.#tell(call, 200);
    this.#coming = undefined;
    this.#cancelRinging();
    this.#endFormer();
    this.#dialog = call;
    this.#isReplaced = true;
    this.#hopsLeft -= 1;
    if (this.#left === undefined) {
      this.#former = former;
      this.#cancelPatience = this.#options.access.timers.schedule(PATIENCE_MS, () => this.#endFormer());
    }
    this.#left = undefined;
    this.#options.log.info({}, 'somebody else is on the line');
    call.media.takeOver();
  }

  /** "The transferor … MAY send BYE" as soon as its REFER is taken (section 6.1): whom it named may still come. */
  #ended(end: LineEnd): void {
    if (this.#coming !== undefined && this.#dialog.media?.keepLeg() === true) this.#left = end;
    else this.#over(end);
  }

  #over(end: LineEnd): void {
    this.#callOff();
    if (this.#left !== undefined) this.#dialog.media?.dropLeg();
    this.#left = undefined;
    this.#endFormer();
    this.#options.user.handleEnded(end);
  }

  #callOff(): void {
    const call = this.#coming;
    this.#coming = undefined;
    this.#cancelRinging();
    call?.hangUp();
  }

  #endFormer(): void {
    this.#cancelPatience();
    this.#former?.hangUp();
    this.#former = undefined;
  }
}

const LONGEST_RINGING_MS = 60_000;
/** Who has been told that the call it asked for is answered hangs up at once. */
const PATIENCE_MS = 10_000;
const REQUEST_PENDING = 491;
const NO_ANSWER = 'Q.850;cause=19;text="No answer"';
