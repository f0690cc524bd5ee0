import type { SpeechChunk } from './synthesizer.ts';

/** Something that turns one sentence into sound. */
export interface SpeechEngine {
  /**
   * The sentence in one of the engine's own voices, levelled and without silence around it; no samples when there is
   * nothing to say. Rejects with `SwitchError`, or with the signal's reason when it aborts before the sentence's turn:
   * one that has begun is brought to its end, for those who ask for it next.
   */
  speak(sentence: string, voice: string, signal: AbortSignal): Promise<SpeechChunk>;
  readonly stats: EngineStats;
  close(): Promise<void>;
}

export interface EngineStats {
  /** Sentences that wait for their turn now. */
  readonly waiting: number;
  /** Sentences refused since the start because too many waited. */
  readonly refused: number;
}
