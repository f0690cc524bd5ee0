import type { Prosody } from './prosody.ts';

/** What a script comes down to before it is spoken: text, and real silence between. */
export type SpeechSegment =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** From the beginning of `text` to its end; missing where all of it is said plainly. */
      readonly runs?: readonly ProsodyRun[];
    }
  | { readonly kind: 'silence'; readonly durationMs: number };

/** From the end of the run before, words that are said in one manner. */
export interface ProsodyRun {
  /** Where in the text it ends, exclusive; never within a word. */
  readonly end: number;
  readonly prosody: Prosody;
}
