import type { ProviderRequest } from '../provider-http.ts';
import type { Script } from '../script.ts';

/** How one provider is asked to speak: what to send; raw 16-bit little-endian samples come back. */
export interface SpeechProvider {
  /** Of what comes back. */
  readonly rateHz: number;
  /** SSML may be handed over as it is. */
  readonly takesSsml: boolean;
  request(piece: SpokenPiece): ProviderRequest;
}

interface SpokenPiece {
  readonly script: Script;
  readonly voice: string;
  /** BCP 47. */
  readonly language: string;
}
