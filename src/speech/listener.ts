/** Hears a caller: voice activity, turns, transcripts. The call layer knows this and not which engine is behind it. */
export interface Listener {
  listen(options: ListenOptions): Listening;
  close(): Promise<void>;
}

export interface ListenOptions {
  /** For log lines. */
  readonly callId: string;
  /** A `SampleRing`, at 8 or 16 kHz, that the leg writes the caller's voice into. */
  readonly ring: SharedArrayBuffer;
  readonly settings: ListenSettings;
  readonly onEvent: (event: HearingEvent) => void;
}

export interface ListenSettings {
  /** As the app names it; mapped to what is configured. Undefined: the default. */
  readonly provider: string | undefined;
  /** BCP 47, at most four; empty: the provider's default. */
  readonly languages: readonly string[];
  readonly vocabulary: readonly string[];
  /** Silence after which a turn is over. */
  readonly endOfTurnSilenceMs: number;
}

export type HearingEvent =
  /** The caller began to speak: 20 to 120 ms after the fact. */
  | { readonly kind: 'speech-onset' }
  /** What has been understood of the turn so far; each replaces the one before. */
  | { readonly kind: 'interim'; readonly text: string }
  /** The turn is over. Empty text: it was noise, and nobody is told. */
  | { readonly kind: 'turn'; readonly text: string }
  /** Nothing is understood any more, or for now: a literal for the log and the counter. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface Listening {
  /** What is given replaces what was; the recogniser may be started anew, and miss what is said meanwhile. */
  configure(settings: Partial<ListenSettings>): void;
  close(): void;
}
