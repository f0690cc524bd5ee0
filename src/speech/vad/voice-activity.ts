/** Says of 32 ms of a caller's sound how likely it holds a voice. */
export interface VoiceActivityModel {
  readonly name: 'silero' | 'energy';
  /**
   * Sets `probability` of the first `count` lanes from their `window`s, and carries their `memory` on. The lanes are
   * the model's until the promise settles, and it takes no others before.
   */
  process(lanes: readonly VoiceLane[], count: number): Promise<void>;
}

/** What a model needs of one caller: the latest window, and what it remembers of those before. */
export class VoiceLane {
  /** Full scale is 1. */
  readonly window: Float32Array = new Float32Array(WINDOW_SAMPLES);
  /** All zero for a caller not heard before. */
  readonly memory: Float32Array = new Float32Array(MEMORY_VALUES);
  probability = 0;
}

export const WINDOW_RATE_HZ = 8000;
/** What Silero takes at 8 kHz. */
export const WINDOW_SAMPLES = 256;
export const WINDOW_MS: number = (WINDOW_SAMPLES * 1000) / WINDOW_RATE_HZ;
/** Silero's recurrent state and the end of the window before. */
const MEMORY_VALUES = 2 * 128 + 32;
