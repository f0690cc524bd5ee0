import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { HeaderField } from '../sip/message/message.ts';
import type { CallLine, CallLineUser } from './call-line.ts';

/** A line that came in: somebody waits for it to be answered. */
export interface IncomingLine extends CallLine {
  /** Gets it a leg, and answers it or has it wait. */
  begin(offer: string | undefined): Promise<void>;
  answer(): void;
  /** The caller hears us before the call is answered, where that can be. */
  answerEarly(): void;
  /** Of a call that is not answered yet. */
  decline(statusCode: number, reason: string | undefined, headers: readonly HeaderField[]): void;
}

/** Told of it until it is answered. */
export interface IncomingLineOpening {
  /** It rings, and waits for `answer`. Not told of calls that are answered by themselves. */
  handleWaiting(audio: NegotiatedAudio): void;
  handleAnswered(): void;
}

export interface IncomingLineUser extends CallLineUser, IncomingLineOpening {}
