import type { AudioCodecName } from './negotiated.ts';

/** What we take part in, set by the operator for a trunk. */
export interface AudioPreferences {
  /** The codecs we may use, best first. */
  readonly codecs: readonly AudioCodecName[];
  /** Whose order decides when we answer: "the offerer's, unless there is a good reason" (RFC 3264 section 6.1). */
  readonly order: 'offer' | 'own';
}

export const defaultAudioPreferences: AudioPreferences = { codecs: ['PCMA', 'PCMU'], order: 'offer' };
