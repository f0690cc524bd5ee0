import type { Script, VoiceChoice } from '../script.ts';

/** Text to speech behind one streaming interface. */
export interface Synthesizer {
  /**
   * Yields mono 16-bit linear samples as they are made, all at one rate. Stops when `signal` aborts.
   * Rejects with `SwitchError` `speech-failed` or `speech-language-missing`.
   */
  synthesize(request: SpeechRequest, signal: AbortSignal): AsyncIterable<SpeechChunk>;
}

export interface SpeechRequest {
  readonly script: Script;
  readonly voice: VoiceChoice;
}

export interface SpeechChunk {
  readonly samples: Int16Array;
  readonly rateHz: number;
}
