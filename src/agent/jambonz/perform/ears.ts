import type { AgentCommand } from '../../agent.ts';
import type { SessionSettings } from '../session-settings.ts';
import type { RecognizerChoice } from '../vocabulary/verbs.ts';

/** Who listens is listened for: nobody is transcribed while no verb wants to know what is said. */
export class Ears {
  readonly #settings: SessionSettings;
  readonly #submit: (command: AgentCommand) => void;
  readonly #wishes = new Map<object, Wish>();
  #isReady = false;

  constructor(settings: SessionSettings, submit: (command: AgentCommand) => void) {
    this.#settings = settings;
    this.#submit = submit;
  }

  /** The caller can be heard from now on. */
  ready(): void {
    this.#isReady = true;
    this.#apply();
  }

  /** The latest wish decides how. */
  want(who: object, recognizer: RecognizerChoice, silenceMs: number | undefined): void {
    this.#wishes.delete(who);
    this.#wishes.set(who, { recognizer, silenceMs });
    this.#apply();
  }

  release(who: object): void {
    if (this.#wishes.delete(who)) this.#apply();
  }

  #apply(): void {
    if (!this.#isReady) return;
    const wish = [...this.#wishes.values()].at(-1);
    if (wish === undefined) {
      this.#submit({ ...unchanged, isOn: false });
      return;
    }
    const { silenceMs } = wish;
    this.#submit({
      kind: 'listen',
      ...this.#settings.recognizerFor(wish.recognizer),
      endOfTurnSilenceMs:
        silenceMs === undefined
          ? 'default'
          : Math.min(LONGEST_SILENCE_MS, Math.max(SHORTEST_SILENCE_MS, silenceMs)),
      isOn: true,
    });
  }
}

interface Wish {
  readonly recognizer: RecognizerChoice;
  readonly silenceMs: number | undefined;
}

const unchanged = {
  kind: 'listen',
  provider: undefined,
  languages: undefined,
  vocabulary: undefined,
  endOfTurnSilenceMs: undefined,
} as const;

/** What a listener takes for the end of a turn; longer silences are waited for by who gathers. */
export const LONGEST_SILENCE_MS = 2_000;
const SHORTEST_SILENCE_MS = 150;
