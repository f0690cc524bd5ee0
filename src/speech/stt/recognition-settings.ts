import type { MoonshineSize } from './moonshine/moonshine-model.ts';
import type { RecognizerRules } from './select.ts';

/** The recognisers that are configured: plain data, so that it may cross into a thread. */
export interface RecognitionSettings extends RecognizerRules {
  readonly builtIn: BuiltInRecognition;
}

interface BuiltInRecognition {
  readonly model: MoonshineSize;
  readonly threads: number;
  /** Utterances that may wait beyond those being transcribed. */
  readonly queueLimit: number;
  /** Between two interim transcripts of a caller, at least; 0: none are made. */
  readonly interimMs: number;
}
