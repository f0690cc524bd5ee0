/** Which way media flows on a leg, from our side (RFC 3264 section 6.1). */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export type AudioCodecName = 'PCMU' | 'PCMA' | 'G722';

/** Of phones that come without SDP: linear samples, little-endian, by Asterisk's names for 8 and 16 kHz. */
export type LinearCodecName = 'SLIN' | 'SLIN16';

/** Of the codec's samples. SDP and RTP count each of them at 8000 Hz, G.722 by an old mistake (RFC 3551 section 4.5.2). */
export function sampleRateHz(codec: AudioCodecName | LinearCodecName): 8000 | 16_000 {
  return codec === 'G722' || codec === 'SLIN16' ? 16_000 : 8000;
}

/** What offer and answer settled for a leg's one audio stream. Plain data: it is stored and sent to media workers. */
export interface NegotiatedAudio {
  readonly codec: AudioCodecName | LinearCodecName;
  readonly payloadType: number;
  /** RFC 4733 telephone-event, when both sides named it. */
  readonly telephoneEventPayloadType: number | undefined;
  /** RFC 3389 comfort noise, when offered. Received only: we never send it. */
  readonly comfortNoisePayloadType: number | undefined;
  /** Numeric IPv4 or IPv6 address; the only one that may be heard. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly remoteRtcpPort: number;
  readonly rtcpMux: boolean;
  readonly direction: MediaDirection;
  /** Milliseconds of audio in each packet the far end prefers to get; we always send 20. */
  readonly remotePtimeMs: number | undefined;
  /** Absent: the stream is plain RTP. */
  readonly srtp?: NegotiatedSrtp | undefined;
}

/** RFC 4568 section 6.2. */
export type SrtpSuite = 'AES_CM_128_HMAC_SHA1_80' | 'AES_CM_128_HMAC_SHA1_32';

/** How both sides of a stream protect what they send. Keys are master key and salt in base64, never to be logged. */
export interface NegotiatedSrtp {
  readonly suite: SrtpSuite;
  readonly localKey: string;
  readonly remoteKey: string;
  /** Octets of master key identifier in each packet of the far end; 0: there is none. */
  readonly remoteMkiOctets: number;
}

/** Our end of the stream, as it is written into an offer or answer. */
export interface LocalAudio {
  readonly address: string;
  readonly port: number;
  readonly rtcpPort: number;
  /** `o=` session id and version (RFC 8866 section 5.2); the version rises with each changed description. */
  readonly sessionId: string;
  readonly sessionVersion: number;
}
