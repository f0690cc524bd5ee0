/** Speech to text behind one streaming interface: the caller's audio in, transcripts out. */
export interface Recognizer {
  /** One caller, until closed. Problems are told by `onFailure`, never thrown. */
  open(options: RecognitionOptions): Recognition;
}

export interface RecognitionOptions {
  /** Of what is written: 8000. */
  readonly rateHz: number;
  readonly languages: readonly string[];
  readonly vocabulary: readonly string[];
  readonly endOfTurnSilenceMs: number;
  readonly onTranscript: (transcript: Transcript) => void;
  readonly onFailure: (reason: RecognitionFailure) => void;
}

export interface Transcript {
  readonly text: string;
  /** False: replaces the interim before it. True: the text of the turn that `endTurn` closed. */
  readonly isFinal: boolean;
}

export type RecognitionFailure =
  | 'unreachable'
  | 'unauthorized'
  | 'refused'
  | 'timed-out'
  | 'closed'
  | 'bad-response'
  | 'overloaded'
  | 'language-unsupported';

export interface Recognition {
  /** Consecutive samples, silence included; the array may be written again at once. */
  write(samples: Int16Array): void;
  /** The turn detector heard speech begin. */
  startTurn(): void;
  /** The turn detector heard the turn end: a final transcript, perhaps empty, is due. */
  endTurn(): void;
  close(): void;
}
