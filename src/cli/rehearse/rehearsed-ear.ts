import type { Clock, Timers } from '../../clock.ts';
import type { HearingEvent, Listener, Listening, ListenOptions } from '../../speech/listener.ts';

/**
 * Hears what a script says as a recogniser without mistakes would, word by word at the pace of speech; and through
 * `recogniser`, where there is one, what is on the line.
 */
export class RehearsedEar implements Listener {
  readonly #clock: Clock & Timers;
  readonly #recogniser: Listener | undefined;
  #onEvent: ((event: HearingEvent) => void) | undefined;
  #endOfTurnSilenceMs = 0;

  constructor(clock: Clock & Timers, recogniser?: Listener) {
    this.#clock = clock;
    this.#recogniser = recogniser;
  }

  listen(options: ListenOptions): Listening {
    this.#onEvent = options.onEvent;
    this.#endOfTurnSilenceMs = options.settings.endOfTurnSilenceMs;
    const recognising = this.#recogniser?.listen(options);
    return {
      configure: (settings) => {
        this.#endOfTurnSilenceMs = settings.endOfTurnSilenceMs ?? this.#endOfTurnSilenceMs;
        recognising?.configure(settings);
      },
      close: () => {
        this.#onEvent = undefined;
        recognising?.close();
      },
    };
  }

  async close(): Promise<void> {
    await this.#recogniser?.close();
  }

  /** Begins to hear words now; without any, a noise. Resolves when the turn has ended. */
  async hear(text: string): Promise<void> {
    const words = text.split(' ').filter((word) => word !== '');
    await this.#after(ONSET_MS);
    this.#onEvent?.({ kind: 'speech-onset' });
    for (let count = 1; count <= words.length; count++) {
      await this.#after(WORD_MS);
      this.#onEvent?.({ kind: 'interim', text: words.slice(0, count).join(' ') });
    }
    if (words.length === 0) await this.#after(WORD_MS);
    await this.#after(this.#endOfTurnSilenceMs);
    this.#onEvent?.({ kind: 'turn', text: words.join(' ') });
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.schedule(ms, resolve);
    });
  }
}

/** Some 170 words a minute. */
const WORD_MS = 350;
const ONSET_MS = 60;
