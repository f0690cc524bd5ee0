import type { Clock, Timers } from '../../clock.ts';
import type { Logger } from '../../logger.ts';
import { createProviderRecognizer } from './create-provider-recognizer.ts';
import { MoonshineRecognizer } from './moonshine/moonshine-recognizer.ts';
import type { RecognitionSettings } from './recognition-settings.ts';
import type { Recognizer, RecognizerStats } from './recognizer.ts';
import { type RecognizerSelection, selectRecognizer } from './select.ts';

export interface RecognizersEnvironment {
  readonly clock: Clock & Timers;
  readonly log: Logger;
}

/** Every recogniser that is configured, made when it is first asked for, and one for all callers. */
export class Recognizers {
  readonly #settings: RecognitionSettings;
  readonly #environment: RecognizersEnvironment;
  readonly #builtIn: MoonshineRecognizer;
  readonly #providers = new Map<RecognizerSelection['recognizer']['kind'], Recognizer>();
  readonly #remarked = new Set<string>();

  constructor(settings: RecognitionSettings, environment: RecognizersEnvironment) {
    const { model: size, threads, queueLimit: limit, interimMs } = settings.builtIn;
    const { clock, log } = environment;
    this.#settings = settings;
    this.#environment = environment;
    const nowMs = () => clock.nowMs();
    this.#builtIn = new MoonshineRecognizer({ size, threads, limit, interimMs, nowMs, log });
  }

  /** Of the built-in recogniser. */
  get stats(): RecognizerStats {
    return this.#builtIn.stats;
  }

  /** Loads what takes long to load, where callers will need it. */
  prepare(): void {
    if (selectRecognizer(undefined, this.#settings).recognizer.kind === 'built-in') this.#builtIn.prepare();
  }

  /** As apps name their providers; the default for undefined and for what is not configured. */
  find(provider: string | undefined): Recognizer {
    const { recognizer, remark } = selectRecognizer(provider, this.#settings);
    if (remark !== undefined) this.#remark(remark);
    if (recognizer.kind === 'built-in') return this.#builtIn;
    const made =
      this.#providers.get(recognizer.kind) ?? createProviderRecognizer(recognizer, this.#environment.clock);
    this.#providers.set(recognizer.kind, made);
    return made;
  }

  async close(): Promise<void> {
    await Promise.all([this.#builtIn, ...this.#providers.values()].map((recognizer) => recognizer.close?.()));
  }

  /** Once for the process: apps say the same thing in every call. */
  #remark(remark: string): void {
    if (this.#remarked.has(remark) || this.#remarked.size >= MOST_REMARKS) return;
    this.#remarked.add(remark);
    this.#environment.log.warn({ warning: remark }, 'a caller is listened to by another recogniser');
  }
}

const MOST_REMARKS = 100;
