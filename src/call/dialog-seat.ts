import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { CallLineUser, DialogLine, DialogUser, DigitWay, LineEnd, ReferAsked } from './call-line.ts';

export interface DialogSeatEvents {
  /** Whether what the dialog tells is the line's. */
  isTaken(dialog: DialogLine | undefined): boolean;
  onReferAsked(asked: ReferAsked): void;
  onEnded(end: LineEnd): void;
  /** In place of the user, who has heard it of the first. */
  onTalking?(): void;
}

/** What one dialog tells is for the line's user while it is the line's. */
export class DialogSeat implements DialogUser {
  readonly #user: CallLineUser;
  #dialog: DialogLine | undefined;
  #events: DialogSeatEvents | undefined;

  constructor(user: CallLineUser) {
    this.#user = user;
  }

  /** Nothing is told before. */
  take(dialog: DialogLine, events: DialogSeatEvents): void {
    this.#dialog = dialog;
    this.#events = events;
  }

  handleAgreed(audio: NegotiatedAudio): void {
    if (this.#isTaken) this.#user.handleAgreed(audio);
  }

  handleTalking(): void {
    if (this.#events?.onTalking !== undefined) this.#events.onTalking();
    else if (this.#isTaken) this.#user.handleTalking();
  }

  handleMedia(event: Parameters<CallLineUser['handleMedia']>[0]): void {
    if (this.#isTaken) this.#user.handleMedia(event);
  }

  handleDigit(digit: string, durationMs: number | undefined, way: DigitWay): void {
    if (this.#isTaken) this.#user.handleDigit(digit, durationMs, way);
  }

  handleReferred(statusCode: number, isFinal: boolean): void {
    if (this.#isTaken) this.#user.handleReferred(statusCode, isFinal);
  }

  handleReferAsked(asked: ReferAsked): void {
    if (this.#isTaken) this.#events?.onReferAsked(asked);
    else this.#dialog?.rejectRefer(DECLINE);
  }

  handleLost(cause: 'failed' | 'silent'): void {
    if (this.#isTaken) this.#user.handleLost(cause);
  }

  handleEnded(end: LineEnd): void {
    if (this.#isTaken) this.#events?.onEnded(end);
  }

  handleBug(error: unknown): void {
    this.#user.handleBug(error);
  }

  get #isTaken(): boolean {
    return this.#events?.isTaken(this.#dialog) === true;
  }
}

const DECLINE = 603;
