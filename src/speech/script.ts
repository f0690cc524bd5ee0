/** Plain text, or SSML that a synthesiser honours as far as it can. */
export interface Script {
  readonly text: string;
  readonly format: 'text' | 'ssml';
}

/** A voice as an app names it: a provider's name and that provider's voice; mapped to what is configured. */
export interface VoiceChoice {
  readonly provider: string | undefined;
  readonly language: string | undefined;
  readonly voice: string | undefined;
}
