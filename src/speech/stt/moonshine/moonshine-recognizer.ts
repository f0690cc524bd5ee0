import type { Logger } from '../../../logger.ts';
import type { Recognition, RecognitionOptions, Recognizer, RecognizerStats } from '../recognizer.ts';
import { type Decoded, type Decoding, DecodingQueue, type DecodingQueueOptions } from './decoding-queue.ts';
import { Utterance } from './utterance.ts';

export interface MoonshineOptions extends DecodingQueueOptions {
  /** At least so much new sound between two interim transcripts of a caller; 0: none are made. */
  readonly interimMs: number;
}

/** The built-in recogniser: English, whole utterances at a time, on threads of this process. */
export class MoonshineRecognizer implements Recognizer {
  readonly #queue: DecodingQueue;
  readonly #interimMs: number;
  readonly #log: Logger;
  readonly #refusedLanguages = new Set<string>();

  constructor(options: MoonshineOptions) {
    this.#queue = new DecodingQueue(options);
    this.#interimMs = options.interimMs;
    this.#log = options.log;
  }

  get stats(): RecognizerStats {
    return this.#queue.stats;
  }

  open(options: RecognitionOptions): Recognition {
    const { languages } = options;
    if (languages.length === 0 || languages.some((language) => /^en\b/i.test(language))) {
      return new MoonshineRecognition(this.#queue, this.#interimMs, options);
    }
    const asked = languages.join(', ');
    if (!this.#refusedLanguages.has(asked) && this.#refusedLanguages.size < MOST_REMARKS) {
      this.#refusedLanguages.add(asked);
      this.#log.warn({ languages }, 'the built-in recogniser understands English only: configure a provider');
    }
    options.onFailure('language-unsupported');
    return deaf(options);
  }

  prepare(): void {
    this.#queue.prepare();
  }

  close(): Promise<void> {
    return this.#queue.close();
  }
}

class MoonshineRecognition implements Recognition {
  readonly #queue: DecodingQueue;
  readonly #interimMs: number;
  readonly #options: RecognitionOptions;
  readonly #utterance: Utterance;
  /** Of turns that are over, in order. */
  readonly #finals: Final[] = [];
  #inTurn = false;
  #interim: Decoding | undefined = undefined;
  /** Begun with in the pause that lasts. */
  #early: Transcription | undefined = undefined;
  /** Of the open turn so far. */
  #understood = '';
  #nextInterimMs = 0;

  constructor(queue: DecodingQueue, interimMs: number, options: RecognitionOptions) {
    this.#queue = queue;
    this.#interimMs = interimMs;
    this.#utterance = new Utterance(options.rateHz);
    this.#options = options;
  }

  write(samples: Int16Array): void {
    this.#utterance.push(samples);
    if (!this.#inTurn || this.#early !== undefined || this.#interim !== undefined) return;
    if (this.#interimMs === 0 || this.#utterance.lengthMs < this.#nextInterimMs) return;
    this.#nextInterimMs = this.#utterance.lengthMs + this.#interimMs;
    this.#interim = this.#queue.decodeInterim(
      () => this.#utterance.snapshot(),
      (decoded) => this.#interimDecoded(decoded),
    );
  }

  startTurn(): void {
    this.#inTurn = true;
    this.#understood = '';
    this.#utterance.open();
    this.#nextInterimMs = this.#utterance.lengthMs + this.#interimMs;
  }

  pause(): void {
    if (!this.#inTurn) return;
    this.#forgetInterim();
    this.#early = this.#transcribe();
  }

  resume(): void {
    this.#early?.decoding?.abandon();
    this.#early = undefined;
  }

  endTurn(): void {
    if (!this.#inTurn) return;
    this.#inTurn = false;
    this.#forgetInterim();
    const early = this.#early?.decoded?.kind === 'failed' ? undefined : this.#early;
    this.#early = undefined;
    this.#finals.push({ transcription: early ?? this.#transcribe(), understood: this.#understood });
    this.#utterance.close();
    this.#tellFinals();
  }

  close(): void {
    this.resume();
    this.#forgetInterim();
    for (const { transcription } of this.#finals) transcription.decoding?.abandon();
    this.#finals.length = 0;
    this.#inTurn = false;
  }

  #transcribe(): Transcription {
    const transcription: Transcription = { decoding: undefined, decoded: undefined };
    transcription.decoding = this.#queue.decode(this.#utterance.snapshot(), (decoded) => {
      transcription.decoded = decoded;
      if (transcription === this.#early && decoded.kind === 'text') this.#tellInterim(decoded.text);
      this.#tellFinals();
    });
    return transcription;
  }

  #tellFinals(): void {
    for (let next = this.#finals[0]; next !== undefined; next = this.#finals[0]) {
      const { decoded } = next.transcription;
      if (decoded === undefined) return;
      this.#finals.shift();
      const { onTranscript, onFailure } = this.#options;
      if (decoded.kind === 'failed') onFailure(decoded.reason);
      onTranscript({ text: decoded.kind === 'text' ? decoded.text : next.understood, isFinal: true });
    }
  }

  #interimDecoded(decoded: Decoded): void {
    this.#interim = undefined;
    if (decoded.kind !== 'text') return;
    // Under load, and in long turns, less often.
    const paceMs = decoded.decodeMs * INTERIM_SHARE;
    this.#nextInterimMs = Math.max(this.#nextInterimMs, this.#utterance.lengthMs + paceMs);
    this.#tellInterim(decoded.text);
  }

  #forgetInterim(): void {
    this.#interim?.abandon();
    this.#interim = undefined;
  }

  #tellInterim(text: string): void {
    this.#understood = text;
    this.#options.onTranscript({ text, isFinal: false });
  }
}

/** Of a turn that is over. */
interface Final {
  readonly transcription: Transcription;
  /** Stands for the text when there comes none. */
  readonly understood: string;
}

interface Transcription {
  decoding: Decoding | undefined;
  decoded: Decoded | undefined;
}

/** Hears, and understands nothing. */
function deaf({ onTranscript }: RecognitionOptions): Recognition {
  return {
    write() {},
    startTurn() {},
    endTurn: () => onTranscript({ text: '', isFinal: true }),
    close() {},
  };
}

/** Interim transcripts of one caller take a third of a thread at most. */
const INTERIM_SHARE = 3;
const MOST_REMARKS = 100;
