import type { SpeechChunk } from './synthesizer.ts';

/** Something that turns one sentence into sound. */
export interface SpeechEngine {
  /**
   * The sentence in the manner that is asked for, levelled and without silence around it; no samples when there is
   * nothing to say. Rejects with `SwitchError`, or with the signal's reason when it aborts before the sentence's turn:
   * one that has begun is brought to its end, for those who ask for it next.
   */
  speak(sentence: string, manner: Manner, signal: AbortSignal): Promise<SpeechChunk>;
  readonly stats: EngineStats;
  close(): Promise<void>;
}

export interface Manner {
  /** One of the engine's own. */
  readonly voice: string;
  /** Times the voice's usual speed, 0.5 to 2. */
  readonly rate: number;
}

export interface EngineStats {
  /** Sentences that wait for their turn now. */
  readonly waiting: number;
  /** Sentences refused since the start because too many waited. */
  readonly refused: number;
}
