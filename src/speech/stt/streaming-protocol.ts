import type { RecognitionFailure } from './recognizer.ts';

/**
 * How one provider is talked to over a WebSocket: what to send, and what is meant by what comes. It owns no socket and
 * no timer, and lives as long as one connection. Turns are told apart by numbers that only grow.
 */
export interface StreamingProtocol {
  readonly url: string;
  /** The provider's key stands here. */
  readonly headers: Readonly<Record<string, string>>;
  /** What keeps the connection open while nobody speaks; undefined where the provider knows nothing of the kind. */
  readonly keepAlive: KeepAlive | undefined;
  /** The provider may leave a turn in which it heard no words without an answer. */
  readonly mayLeaveUnanswered: boolean;
  startTurn(turn: number): readonly WireMessage[];
  /** Of the turn started last; the samples are read at once. */
  audio(samples: Int16Array): readonly WireMessage[];
  /** Asks for the final transcript of the turn started last. */
  endTurn(): readonly WireMessage[];
  /** Sent before the connection is closed. */
  farewell(): readonly WireMessage[];
  receive(message: WireMessage): readonly ProtocolEvent[];
}

/** A WebSocket message: text, or octets. */
export type WireMessage = string | Uint8Array;

interface KeepAlive {
  readonly everyMs: number;
  readonly message: WireMessage;
}

export type ProtocolEvent =
  /** Of what comes after the segments; replaces the interim before it. */
  | { readonly kind: 'interim'; readonly turn: number; readonly text: string }
  /** A part of the turn that will not change any more. */
  | { readonly kind: 'segment'; readonly turn: number; readonly text: string }
  /** Everything that was asked for by `endTurn` has come. */
  | { readonly kind: 'complete'; readonly turn: number }
  /** `lasting`: it would be the same again with a new connection. */
  | { readonly kind: 'failed'; readonly reason: RecognitionFailure; readonly lasting: boolean };

/** What the protocols are made from: of `RecognitionOptions`, what does not change. */
export interface ProtocolOptions {
  readonly rateHz: number;
  readonly languages: readonly string[];
  readonly vocabulary: readonly string[];
  readonly endOfTurnSilenceMs: number;
}
