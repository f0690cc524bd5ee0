import type { AudioCodecName } from './negotiated.ts';

/** What of another side's description we take part in. */
export interface AcceptableAudio {
  /** The codecs we may use, best first. */
  readonly codecs: readonly AudioCodecName[];
  /** Whose order decides when we answer: "the offerer's, unless there is a good reason" (RFC 3264 section 6.1). */
  readonly order: 'offer' | 'own';
  /** Absent: only plain RTP. */
  readonly srtp?: { readonly policy: SrtpPolicy } | undefined;
}

/** Set by the operator for a trunk. */
export interface AudioPreferences extends AcceptableAudio {
  readonly srtp?: SrtpPreferences | undefined;
}

export interface SrtpPreferences {
  readonly policy: SrtpPolicy;
  /** A master key and its salt, never given before: 30 random octets in base64. */
  readonly newKey: () => string;
}

/** `offer`: encrypted where the other side does it too; `require`: not without. */
export type SrtpPolicy = 'offer' | 'require';

export const defaultAudioPreferences: AudioPreferences = { codecs: ['PCMA', 'PCMU'], order: 'offer' };
