/** One SIP dialog with its media, whoever began it, and what those who make use of it are told. */
import type { MediaCommand, MediaEvent } from '../media/command.ts';
import type { MediaLeg } from '../media/media-plane.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { HeaderField } from '../sip/message/message.ts';
import type { ReferParts } from '../sip/session/refer-usage.ts';
import type { SipEvent } from '../sip/user-agent-events.ts';
import type { CallMedia } from './call-media.ts';

export interface CallLine {
  /** Undefined until there is one. */
  readonly leg: MediaLeg | undefined;
  /** What offer and answer have settled last; undefined until they have. */
  readonly agreed: NegotiatedAudio | undefined;
  /** Of the leg, for good; undefined until something is agreed. */
  readonly rateHz: number | undefined;
  send(command: MediaCommand): void;
  /** BYE, CANCEL, or the right final response to a call that is not answered yet. */
  hangUp(parts?: HangUpParts): void;
  /** Has the other side call somebody else. */
  refer(target: string, parts: ReferParts): void;
  /** After a bug: whatever ends it in its state. */
  giveUp(): void;
  /** Somebody has come in the place of whom it was opened with. */
  readonly isReplaced?: boolean;
}

/** One dialog that a line consists of, for as long as nobody takes its place. */
export interface DialogLine extends CallLine {
  readonly media: CallMedia | undefined;
  /** Over which it goes, by name. */
  readonly trunk: string | undefined;
  /** What answers the other side's wish that we call somebody, and tells of that call. */
  acceptRefer(): void;
  rejectRefer(statusCode: number): void;
  notifyRefer(statusCode: number): void;
}

export interface HangUpParts {
  /** The value of a Reason header (RFC 3326). */
  readonly reason?: string | undefined;
  readonly headers?: readonly HeaderField[] | undefined;
}

export interface CallLineUser {
  /** Offer and answer have settled something: for the first time, or anew. */
  handleAgreed(audio: NegotiatedAudio): void;
  /** The other side hears us, and we it. */
  handleTalking(): void;
  /** What is not the line's own business. */
  handleMedia(event: MediaEvent): void;
  /** `durationMs`: undefined where it is not told. */
  handleDigit(digit: string, durationMs: number | undefined, way: DigitWay): void;
  /** How a REFER of ours fares. */
  handleReferred(statusCode: number, isFinal: boolean): void;
  /** The media cannot go on: the leg failed, or nothing comes any more. */
  handleLost(cause: 'failed' | 'silent'): void;
  handleEnded(end: LineEnd): void;
  /** Something threw; the line is to be given up. */
  handleBug(error: unknown): void;
}

export interface DialogUser extends CallLineUser {
  /** The other side would have us call somebody else. */
  handleReferAsked(asked: ReferAsked): void;
}

export type ReferAsked = Extract<SipEvent, { kind: 'refer' }>;

/** Keys that go with the audio reach whoever hears it by themselves; those in an INFO do not. */
export type DigitWay = 'audio' | 'signalling';

export interface LineEnd {
  readonly by: Extract<SipEvent, { kind: 'ended' }>['by'];
  /** Of the final response to a call that never was answered. */
  readonly statusCode: number | undefined;
  /** RFC 3326, as written. */
  readonly reason: string | undefined;
}

/** Whom events of a SIP session are for. */
export interface SipSessionUser {
  handle(event: SipEvent): void;
}

/** The caller does not hear us: what is heard of them meanwhile is music (RFC 3264 section 8.4). */
export function isHold(audio: NegotiatedAudio | undefined): boolean {
  return audio?.direction === 'recvonly' || audio?.direction === 'inactive';
}
