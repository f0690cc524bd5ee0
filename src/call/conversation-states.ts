import type { ConversationState } from '../agent/agent.ts';
import type { Timers } from '../clock.ts';

export interface ConversationStatesOptions {
  readonly timers: Timers;
  readonly onChange: (state: ConversationState) => void;
}

/** Derives who is at it from what is heard: an agent's backend tells it in ways of its own, or not at all. */
export class ConversationStates {
  readonly #options: ConversationStatesOptions;
  #state: ConversationState = 'listening';
  #callerSpeaks = false;
  #agentSpeaks = false;
  /** An answer is due and has not been heard yet. */
  #isAnswerDue = false;
  #isIdle = false;
  #cancelGap: (() => void) | undefined;
  #cancelWait: (() => void) | undefined;
  #isClosed = false;

  constructor(options: ConversationStatesOptions) {
    this.#options = options;
  }

  get state(): ConversationState {
    return this.#state;
  }

  callerBegan(): void {
    this.#callerSpeaks = true;
    this.#settle();
  }

  /** After noise, whatever was the matter before it is the matter again. */
  callerEnded(outcome: 'words' | 'noise'): void {
    this.#callerSpeaks = false;
    if (outcome === 'words') this.#isAnswerDue = true;
    this.#settle();
  }

  agentThinks(): void {
    this.#isAnswerDue = true;
    this.#settle();
  }

  /** The first of an utterance is heard. */
  agentBegan(): void {
    this.#cancelGap?.();
    this.#agentSpeaks = true;
    this.#isAnswerDue = false;
    this.#settle();
  }

  /** `isMoreToCome`: another utterance follows, mostly in the same breath. */
  agentEnded(isMoreToCome: boolean): void {
    this.#cancelGap?.();
    const end = () => {
      this.#agentSpeaks = false;
      this.#settle();
    };
    if (isMoreToCome) this.#cancelGap = this.#options.timers.schedule(LONGEST_GAP_MS, end);
    else end();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelGap?.();
    this.#cancelWait?.();
  }

  #settle(): void {
    if (this.#isClosed) return;
    this.#isIdle = false;
    this.#change();
    this.#cancelWait?.();
    this.#cancelWait = undefined;
    // Whoever answers nothing must not be thought to think for ever; and nobody listens to an empty line for ever.
    if (this.#state === 'thinking') this.#cancelWait = this.#giveUpAfter(MOST_THINKING_MS);
    else if (this.#state === 'listening' && !this.#callerSpeaks)
      this.#cancelWait = this.#giveUpAfter(IDLE_AFTER_MS);
  }

  #giveUpAfter(delayMs: number): () => void {
    return this.#options.timers.schedule(delayMs, () => {
      this.#isAnswerDue = false;
      this.#isIdle = true;
      this.#change();
    });
  }

  #change(): void {
    const state = this.#derive();
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onChange(state);
  }

  #derive(): ConversationState {
    if (this.#agentSpeaks) return 'speaking';
    if (this.#callerSpeaks) return 'listening';
    if (this.#isAnswerDue) return 'thinking';
    return this.#isIdle ? 'idle' : 'listening';
  }
}

/** Between two queued utterances. */
const LONGEST_GAP_MS = 100;
const MOST_THINKING_MS = 30_000;
const IDLE_AFTER_MS = 15_000;
