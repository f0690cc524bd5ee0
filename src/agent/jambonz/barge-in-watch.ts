/** `config.bargeIn`: hears the caller behind whatever verb is performed, and stops it for what they say or press. */
import type { AgentEvent } from '../agent.ts';
import type { AppData } from './link/app-link.ts';
import { Gathering } from './perform/gathering.ts';
import type { Stage } from './perform/stage.ts';
import type { BargeInConfig, GatherVerb, Hook, Verb } from './vocabulary/verbs.ts';

export interface BargeInWatchOptions {
  readonly stage: Stage;
  readonly current: () => Verb | undefined;
  /** The caller takes the turn: what is performed ends, and nothing follows before what this gives back is called. */
  readonly onInterrupt: () => (() => void) | undefined;
  readonly onResult: (hook: Hook | undefined, results: AppData) => void;
}

export class BargeInWatch {
  readonly #options: BargeInWatchOptions;
  #config: BargeInConfig | undefined;
  #gathering: Gathering | undefined;
  /** Of what was interrupted. */
  #goOn: (() => void) | undefined;
  #cancelWait: () => void = () => undefined;

  constructor(options: BargeInWatchOptions) {
    this.#options = options;
  }

  configure(config: BargeInConfig | undefined): void {
    this.#gathering?.stop();
    this.#gathering = undefined;
    this.#config = config?.enable === true ? config : undefined;
    this.#watch();
  }

  handle(event: AgentEvent): void {
    const verb = this.#options.current()?.verb;
    // These hear the caller themselves.
    if (this.#config === undefined || verb === 'gather' || verb === 'dial' || verb === 'listen') return;
    if (this.#interrupts(event)) this.#goOn = this.#options.onInterrupt() ?? this.#goOn;
    if (event.kind === 'understood' || event.kind === 'speech-onset') this.#awaitWords();
    this.#gathering?.handle(event);
  }

  close(): void {
    this.#cancelWait();
    this.#gathering?.stop();
    this.#gathering = undefined;
    this.#config = undefined;
  }

  /** What was understood may come to nothing, of which nobody is told: the caller is not to wait for ever. */
  #awaitWords(): void {
    this.#cancelWait();
    if (this.#goOn === undefined) return;
    this.#cancelWait = this.#options.stage.after(LONGEST_WITHOUT_WORDS_MS, () => {
      const goOn = this.#goOn;
      this.#goOn = undefined;
      goOn?.();
    });
  }

  #interrupts(event: AgentEvent): boolean {
    const { digits, speech, minBargeinWordCount } = this.#config!;
    if (event.kind === 'digit') return digits;
    if (event.kind !== 'understood' && event.kind !== 'heard') return false;
    const words = event.text.split(/\s+/).filter((word) => word !== '');
    return speech && words.length >= Math.max(1, minBargeinWordCount);
  }

  #watch(): void {
    if (this.#config === undefined) return;
    const config = this.#config;
    this.#gathering = new Gathering(this.#options.stage, gatherFor(config), (results) => {
      this.#gathering = undefined;
      this.#goOn = undefined;
      this.#cancelWait();
      if (config.sticky) this.#watch();
      else this.#config = undefined;
      this.#options.onResult(config.actionHook, results);
    });
    this.#gathering.start();
  }
}

function gatherFor({ digits, speech, minBargeinWordCount, actionHook }: BargeInConfig): GatherVerb {
  return {
    verb: 'gather',
    actionHook,
    digits,
    speech,
    minDigits: 1,
    maxDigits: 1,
    finishOnKey: undefined,
    timeoutMs: 0,
    interDigitTimeoutMs: undefined,
    speechTimeoutMs: undefined,
    prompt: undefined,
    bargein: true,
    dtmfBargein: true,
    minBargeinWordCount,
    listenDuringPrompt: true,
    partialResultHook: undefined,
    recognizer: { languages: [], hints: [] },
    delayAction: undefined,
    fillerNoise: undefined,
  };
}

/** From one sign of speech to the next, or to what was said. */
const LONGEST_WITHOUT_WORDS_MS = 5_000;
