/** What a script comes down to before it is spoken: text, and real silence between. */
export type SpeechSegment =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'silence'; readonly durationMs: number };
