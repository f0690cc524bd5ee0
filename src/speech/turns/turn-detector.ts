import { WINDOW_MS } from '../vad/voice-activity.ts';
import { EchoGuard } from './echo-guard.ts';
import { NoiseFloor } from './noise-floor.ts';

/** When speech is a turn, and when a turn is over. */
export interface TurnRules {
  /** Speech for so long is an onset. */
  readonly onsetMs: number;
  /** The same while we speak ourselves, when an onset may stop us. */
  readonly onsetOverSpeechMs: number;
  /** A turn with less speech than this was noise. */
  readonly minimumSpeechMs: number;
  /** Longer turns are split: at a short pause shortly before, else here. */
  readonly maximumTurnMs: number;
}

export type TurnDecision =
  | 'none'
  | 'onset'
  /** Silence that may turn out to be the end. */
  | 'pause'
  | 'resumption'
  | 'end'
  /** The end of a turn that was too short for speech. */
  | 'noise'
  /** The end of a turn that is too long, and the onset of the next: the caller goes on. */
  | 'split';

/**
 * Finds the turns in one caller's sound. Time is what has been heard: one window after the other, each with the
 * probability that it holds a voice, its level, and how loud we were speaking meanwhile.
 */
export class TurnDetector {
  endOfTurnSilenceMs: number;
  readonly #rules: TurnRules;
  readonly #floor = new NoiseFloor();
  readonly #echo = new EchoGuard();
  #speaking = false;
  #quietWindows = 0;
  /** Consecutive windows of speech before an onset; of silence after it. */
  #run = 0;
  #undecidedWindows = 0;
  #turnWindows = 0;
  #voicedWindows = 0;
  #loudestDb = 0;
  #patience = 1;

  constructor(rules: TurnRules, endOfTurnSilenceMs: number) {
    this.#rules = rules;
    this.endOfTurnSilenceMs = endOfTurnSilenceMs;
  }

  /** A turn is open. */
  get speaking(): boolean {
    return this.#speaking;
  }

  /** The model need not look at a window of this level: with any probability it would change nothing. */
  ignores(levelDb: number): boolean {
    return !this.#speaking && this.#quietWindows >= QUIET_WINDOWS && levelDb < this.#stirringDb;
  }

  push(probability: number, levelDb: number, sentDb: number): TurnDecision {
    this.#floor.push(levelDb);
    this.#echo.push(sentDb, levelDb, !this.#speaking);
    this.#quietWindows = levelDb < this.#stirringDb ? this.#quietWindows + 1 : 0;
    const heard = levelDb >= this.#audibleDb && levelDb > this.#echo.thresholdDb;
    return this.#speaking
      ? this.#inTurn(heard ? probability : 0, levelDb)
      : this.#outOfTurn(heard && probability >= ON_PROBABILITY, levelDb);
  }

  /** What was taken for a turn had no words in it. */
  misheard(): void {
    this.#echo.distrust();
  }

  /** Stretches or shortens the wait that has begun, until speech goes on. */
  waitFor(patience: number): void {
    this.#patience = patience;
  }

  #outOfTurn(isVoice: boolean, levelDb: number): TurnDecision {
    this.#run = isVoice ? this.#run + 1 : 0;
    const { onsetMs, onsetOverSpeechMs } = this.#rules;
    const needed = this.#echo.active ? onsetOverSpeechMs : onsetMs;
    if (this.#run * WINDOW_MS < needed || this.#run === 0) return 'none';
    this.#begin(this.#run, levelDb);
    this.#echo.turnBegan();
    return 'onset';
  }

  #inTurn(probability: number, levelDb: number): TurnDecision {
    this.#turnWindows += 1;
    this.#loudestDb = Math.max(this.#loudestDb - LOUDEST_FALLS_DB, levelDb);
    // The model trails a voice by some windows: what is far quieter than the voice just was is the room.
    const isVoice = probability >= OFF_PROBABILITY && levelDb > this.#loudestDb - SPEECH_RANGE_DB;
    if (isVoice) return this.#voiced(levelDb);
    // An f or s before a vowel is hardly a voice to the model, but no silence either: the wait stands still.
    if (probability >= UNDECIDED_PROBABILITY && this.#undecidedWindows < MOST_UNDECIDED_WINDOWS) {
      this.#undecidedWindows += 1;
      return 'none';
    }
    this.#run += 1;
    const { maximumTurnMs, minimumSpeechMs } = this.#rules;
    const silenceMs = this.#run * WINDOW_MS;
    const isLong = this.#turnWindows * WINDOW_MS >= maximumTurnMs * SPLIT_FROM;
    const endMs = this.endOfTurnSilenceMs * this.#patience;
    const patienceMs = isLong ? Math.min(endMs, SPLIT_PAUSE_MS) : endMs;
    if (silenceMs + WINDOW_MS / 2 >= patienceMs) {
      this.#speaking = false;
      this.#run = 0;
      return this.#voicedWindows * WINDOW_MS < minimumSpeechMs ? 'noise' : 'end';
    }
    return this.#run === PAUSE_WINDOWS ? 'pause' : 'none';
  }

  #voiced(levelDb: number): TurnDecision {
    const paused = this.#run >= PAUSE_WINDOWS;
    this.#voicedWindows += 1;
    this.#run = 0;
    this.#undecidedWindows = 0;
    this.#patience = 1;
    if (this.#turnWindows * WINDOW_MS < this.#rules.maximumTurnMs) return paused ? 'resumption' : 'none';
    this.#begin(1, levelDb);
    return 'split';
  }

  #begin(voicedWindows: number, levelDb: number): void {
    this.#speaking = true;
    this.#run = 0;
    this.#undecidedWindows = 0;
    this.#turnWindows = voicedWindows;
    this.#voicedWindows = voicedWindows;
    this.#loudestDb = levelDb;
    this.#patience = 1;
  }

  /** From where the model looks on: it knows a voice better when it has heard it begin. */
  get #stirringDb(): number {
    return Math.max(STIRRING_DB, this.#floor.levelDb + STIRRING_ABOVE_FLOOR_DB);
  }

  get #audibleDb(): number {
    return Math.max(QUIETEST_SPEECH_DB, this.#floor.levelDb + ABOVE_FLOOR_DB);
  }
}

/** Silero's own thresholds. */
const ON_PROBABILITY = 0.5;
const OFF_PROBABILITY = 0.35;
const UNDECIDED_PROBABILITY = 0.1;
/** 256 ms in one pause. */
const MOST_UNDECIDED_WINDOWS = 8;
const QUIETEST_SPEECH_DB = -58;
const ABOVE_FLOOR_DB = 3;
const STIRRING_DB = -67;
const STIRRING_ABOVE_FLOOR_DB = 2;
/** From a vowel to the softest consonant of the same voice, with room to spare. */
const SPEECH_RANGE_DB = 38;
/** A window: 6 dB in a second. */
const LOUDEST_FALLS_DB = 0.2;
/** 192 ms: longer than the closure of any plosive. */
const PAUSE_WINDOWS = 6;
/** 256 ms without a stir, after which windows may be left out. */
const QUIET_WINDOWS = 8;
/** Share of the longest turn after which the next short pause ends it. */
const SPLIT_FROM = 0.85;
const SPLIT_PAUSE_MS = 160;
