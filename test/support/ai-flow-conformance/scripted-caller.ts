import type { ListenSettings } from '../../../src/speech/listener.ts';
import { toneLevelDb } from '../audio.ts';
import { interim, onset, type ScriptedListener, type ScriptedListening, turn } from '../scripted-listener.ts';
import type { SimulatedPhone } from '../simulated-phone.ts';
import type { VirtualClock } from '../virtual-clock.ts';
import { AMBIENCE_HZ, VOICE_HZ } from './sounds.ts';

/** A caller in virtual time: what is said reaches the house as a recogniser would tell it, word by word. */
export class ScriptedCaller {
  readonly phone: SimulatedPhone;
  readonly #clock: VirtualClock;
  readonly #listener: ScriptedListener;

  constructor(phone: SimulatedPhone, clock: VirtualClock, listener: ScriptedListener) {
    this.phone = phone;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** Begins to say something now: an onset, a transcript that grows with each word, and the turn when silence ends it. */
  says(text: string): void {
    const words = text.split(' ');
    this.#clock.schedule(ONSET_MS, () => this.#ear.hears(onset));
    for (let count = 1; count <= words.length; count += 1) {
      const soFar = words.slice(0, count).join(' ');
      this.#clock.schedule(count * WORD_MS, () => this.#ear.hears(interim(soFar)));
    }
    this.#endsTurn(words.length * WORD_MS, text);
  }

  /** Coughs: an onset, and a turn without words. */
  coughs(): void {
    this.#clock.schedule(ONSET_MS, () => this.#ear.hears(onset));
    this.#endsTurn(WORD_MS, '');
  }

  presses(digits: string): void {
    this.phone.press(digits);
  }

  hangsUp(): void {
    this.phone.hangUp();
  }

  /** Whether the agent's voice was heard for the last so many milliseconds. */
  hearsVoice(forMs = 100): boolean {
    return this.#levelDb(VOICE_HZ, forMs) > AUDIBLE_DB;
  }

  /** How loud the background was in the last so many milliseconds, in dBFS. */
  backgroundDb(forMs = 200): number {
    return this.#levelDb(AMBIENCE_HZ, forMs);
  }

  /** How the house listens now. */
  get settings(): ListenSettings {
    return this.#ear.settings;
  }

  get #ear(): ScriptedListening {
    return this.#listener.latest;
  }

  #endsTurn(afterMs: number, text: string): void {
    this.#clock.schedule(afterMs, () => {
      this.#clock.schedule(this.settings.endOfTurnSilenceMs, () => this.#ear.hears(turn(text)));
    });
  }

  #levelDb(frequencyHz: number, forMs: number): number {
    return toneLevelDb(this.phone.heard.subarray(-forMs * 8), frequencyHz, 8000);
  }
}

/** A quick talker, and a quick recogniser. */
export const WORD_MS = 300;
const ONSET_MS = 60;
const AUDIBLE_DB = -40;
