/** Speech to text behind one streaming interface: the caller's audio in, transcripts out. */
export interface Recognizer {
  /** One caller, until closed. Problems are told by `onFailure`, never thrown. */
  open(options: RecognitionOptions): Recognition;
  /** Lets go of what it keeps between callers. */
  close?(): Promise<void>;
  /** Of one that runs in this process. */
  readonly stats?: RecognizerStats;
}

/** Counts are since the start. */
export interface RecognizerStats {
  /** Utterances that wait now, and that are being transcribed now. */
  readonly waiting: number;
  readonly running: number;
  readonly transcribed: number;
  /** Utterances lost because too many waited. */
  readonly refused: number;
  /** Interim transcripts left out because every thread was busy. */
  readonly skippedInterims: number;
  /** From asking for an utterance to its text. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

export interface RecognitionOptions {
  /** Of what is written: 8000 or 16000, as the caller's codec has it. */
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
  /** The caller pauses: the turn may be over, and its transcript may be begun with. */
  pause?(): void;
  /** The pause was none. */
  resume?(): void;
  /** The turn detector heard the turn end: exactly one final transcript is due, perhaps empty, also after a failure. */
  endTurn(): void;
  close(): void;
}
