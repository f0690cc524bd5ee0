import { isDeepStrictEqual } from 'node:util';
import type { AgentCommand } from '../agent/agent.ts';
import { SampleRing } from '../audio/sample-ring.ts';
import type { MediaCommand } from '../media/command.ts';
import type { HearingEvent, Listener, Listening, ListenSettings } from '../speech/listener.ts';

export interface HearingOptions {
  readonly listener: Listener;
  readonly callId: string;
  /** The leg's: 8000 or twice that. */
  readonly rateHz: number;
  /** The flow's own, which an agent may change. */
  readonly settings: ListenSettings;
  readonly send: (command: MediaCommand) => void;
  readonly onEvent: (event: HearingEvent) => void;
}

type ListenCommand = Extract<AgentCommand, { kind: 'listen' }>;

/** Has one caller listened to: the leg writes the voice into a ring, and the listener reads it there. */
export class Hearing {
  readonly #options: HearingOptions;
  #ring: SampleRing;
  #listening: Listening;
  #settings: ListenSettings;
  #isOpen = true;

  constructor(options: HearingOptions) {
    this.#options = options;
    this.#settings = options.settings;
    [this.#ring, this.#listening] = this.#listen();
    this.resume();
  }

  /** What is given replaces what was; `languages: []` and `default` mean the flow's own again. */
  configure(asked: Pick<ListenCommand, keyof ListenSettings>): void {
    const own = this.#options.settings;
    const { provider, languages, vocabulary, endOfTurnSilenceMs } = asked;
    const wanted: Partial<ListenSettings> = {
      ...(provider !== undefined && { provider }),
      ...(languages !== undefined && { languages: languages.length > 0 ? languages : own.languages }),
      ...(vocabulary !== undefined && { vocabulary: [...new Set([...own.vocabulary, ...vocabulary])] }),
      ...(endOfTurnSilenceMs !== undefined && {
        endOfTurnSilenceMs: endOfTurnSilenceMs === 'default' ? own.endOfTurnSilenceMs : endOfTurnSilenceMs,
      }),
    };
    const present = this.#settings;
    const changed = Object.entries(wanted).filter(
      ([name, value]) => !isDeepStrictEqual(value, present[name as keyof ListenSettings]),
    );
    if (changed.length === 0) return;
    this.#settings = { ...present, ...wanted };
    if (this.#isOpen) this.#listening.configure(Object.fromEntries(changed));
  }

  /** The caller is on hold: what comes now is not the caller's voice. */
  pause(): void {
    this.#options.send({ kind: 'tap-caller', ring: undefined });
  }

  resume(): void {
    this.#options.send({ kind: 'tap-caller', ring: this.#ring.buffer });
  }

  close(): void {
    if (this.#isOpen) this.#listening.close();
    this.#isOpen = false;
  }

  /** Listens anew, as it last was asked to; nothing comes before `resume`. */
  reopen(): void {
    this.#isOpen = true;
    [this.#ring, this.#listening] = this.#listen();
  }

  #listen(): [SampleRing, Listening] {
    const { listener, callId, rateHz, onEvent } = this.#options;
    const ring = SampleRing.create((RING_SAMPLES * rateHz) / 8000, rateHz);
    const settings = this.#settings;
    return [ring, listener.listen({ callId, ring: ring.buffer, settings, onEvent })];
  }
}

/** Four seconds at 8 kHz: how long the listener may be busy elsewhere before it misses something. */
const RING_SAMPLES = 32_768;
