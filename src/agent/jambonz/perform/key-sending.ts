/** `dtmf`: keys as telephone events, where `w` is a pause. */
import type { DtmfVerb } from '../vocabulary/verbs.ts';
import type { Performance, Stage } from './stage.ts';

export class KeySending implements Performance {
  readonly #stage: Stage;
  readonly #verb: DtmfVerb;
  readonly #onEnd: () => void;
  /** Keys and pauses in turn. */
  readonly #parts: string[];
  #cancelTimer: () => void = () => undefined;

  constructor(stage: Stage, verb: DtmfVerb, onEnd: () => void) {
    this.#stage = stage;
    this.#verb = verb;
    this.#onEnd = onEnd;
    this.#parts = verb.dtmf.toUpperCase().match(/W+|[^W]+/g) ?? [];
  }

  start(): void {
    const part = this.#parts.shift();
    if (part === undefined) {
      this.#onEnd();
      return;
    }
    const { durationMs } = this.#verb;
    if (!part.startsWith('W')) this.#stage.submit({ kind: 'send-digits', digits: part, durationMs });
    const lastsMs = part.length * (part.startsWith('W') ? PAUSE_MS : durationMs + GAP_MS);
    this.#cancelTimer = this.#stage.after(lastsMs, () => this.start());
  }

  handle(): void {}

  stop(): void {
    this.#cancelTimer();
  }
}

const PAUSE_MS = 500;
/** Between one key and the next. */
const GAP_MS = 100;
