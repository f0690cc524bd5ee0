import type { HearingEvent } from '../listener.ts';
import type { Transcript } from '../stt/recognizer.ts';

/**
 * Brings turns and transcripts together: each turn that was begun is told as over exactly once, in order, with what
 * was understood of it, whether its recogniser answers in time, late, or never.
 */
export class TurnTranscripts {
  readonly #tell: (event: HearingEvent) => void;
  readonly #ended: EndedTurn[] = [];
  #openText: string | undefined = undefined;
  /** Finals that may still come for turns told as over without them. */
  #overdue = 0;

  constructor(tell: (event: HearingEvent) => void) {
    this.#tell = tell;
  }

  /** When `expire` has something to do. */
  get deadlineMs(): number | undefined {
    return this.#ended[0]?.deadlineMs;
  }

  begin(): void {
    this.#openText = '';
    this.#tell({ kind: 'speech-onset' });
  }

  /** The open turn is over, and its final transcript due. `noise`: whatever it says. */
  end(noise: boolean, nowMs: number): void {
    if (this.#openText === undefined) return;
    this.#ended.push({ text: this.#openText, noise, deadlineMs: nowMs + FINAL_WITHIN_MS });
    this.#openText = undefined;
  }

  /** Returns the text of the turn that this closes, or of the open turn so far; undefined when it belongs to none. */
  receive({ text, isFinal }: Transcript): string | undefined {
    if (isFinal && this.#overdue > 0) {
      this.#overdue -= 1;
      return undefined;
    }
    const turn = this.#ended[0];
    const trimmed = text.trim();
    if (turn === undefined) {
      if (isFinal || this.#openText === undefined) return undefined;
      this.#openText = trimmed;
      this.#tell({ kind: 'interim', text: trimmed });
      return trimmed;
    }
    turn.text = trimmed;
    if (isFinal) this.#finish(turn);
    else if (!turn.noise) this.#tell({ kind: 'interim', text: trimmed });
    return trimmed;
  }

  expire(nowMs: number): void {
    for (let turn = this.#ended[0]; turn !== undefined && nowMs >= turn.deadlineMs; turn = this.#ended[0]) {
      this.#overdue += 1;
      this.#finish(turn);
    }
  }

  /** The recogniser is gone: no more finals will come. */
  giveUp(): void {
    this.#overdue = 0;
    for (let turn = this.#ended[0]; turn !== undefined; turn = this.#ended[0]) this.#finish(turn);
  }

  #finish(turn: EndedTurn): void {
    this.#ended.shift();
    this.#tell({ kind: 'turn', text: turn.noise ? '' : turn.text });
  }
}

interface EndedTurn {
  /** What was understood last. */
  text: string;
  readonly noise: boolean;
  readonly deadlineMs: number;
}

/** Afterwards the latest interim stands for the final: the conversation must go on. */
const FINAL_WITHIN_MS = 5_000;
