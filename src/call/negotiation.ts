/** Offer and answer of one call's audio (RFC 3264): keeps both sides' descriptions and the version of ours. */
import { failure, type Result } from '../result.ts';
import { type Answer, answerOffer } from '../sdp/answer.ts';
import type { NegotiationRefusal } from '../sdp/audio-stream.ts';
import type { SessionDescription } from '../sdp/description.ts';
import type { LocalAudio, MediaDirection, NegotiatedAudio, NegotiatedSrtp } from '../sdp/negotiated.ts';
import { acceptAnswer, createOffer } from '../sdp/offer.ts';
import { parseSdp, type SdpRefusal } from '../sdp/parse.ts';
import type { AudioPreferences } from '../sdp/preferences.ts';
import type { HeaderField } from '../sip/message/message.ts';

/** Where our side of the audio is. */
export interface LegDescription {
  readonly localAddress: string;
  readonly localPort: number;
  readonly localRtcpPort: number;
  /** `o=` session id: digits (RFC 8866 section 5.2). */
  readonly sessionId: string;
}

export type DescriptionRefusal = SdpRefusal | NegotiationRefusal;

export class Negotiation {
  readonly #leg: LegDescription;
  readonly #preferences: AudioPreferences;
  #version = 0;
  /** Our latest description, offer or answer: a refresh of the session offers the one that holds. */
  #local: string | undefined;
  #remote: SessionDescription | undefined;
  #srtp: NegotiatedSrtp | undefined;

  constructor(leg: LegDescription, preferences: AudioPreferences) {
    this.#leg = leg;
    this.#preferences = preferences;
  }

  /** Answers the peer's offer; refused, everything stays as it was. */
  answer(offer: string): Result<Answer, DescriptionRefusal> {
    const parsed = parseSdp(offer);
    if (!parsed.ok) return parsed;
    const answered = answerOffer(parsed.value, this.#nextLocal(), this.#preferences, this.#srtp);
    if (answered.ok) {
      this.#version += 1;
      this.#remote = parsed.value;
      this.#local = answered.value.sdp;
      this.#srtp = answered.value.audio.srtp;
    }
    return answered;
  }

  offer(direction: MediaDirection = 'sendrecv'): string {
    this.#local = createOffer(this.#nextLocal(), this.#preferences, direction, this.#remote, this.#srtp);
    this.#version += 1;
    return this.#local;
  }

  /** What the peer's answer to our latest description settles. */
  acceptAnswer(answer: string): Result<NegotiatedAudio, DescriptionRefusal> {
    const parsed = parseSdp(answer);
    if (!parsed.ok) return parsed;
    if (this.#local === undefined) return failure('no-audio');
    const accepted = acceptAnswer(this.#local, parsed.value);
    if (accepted.ok) {
      this.#remote = parsed.value;
      this.#srtp = accepted.value.srtp;
    }
    return accepted;
  }

  /** What a 488 says of its reason (RFC 3261 section 20.43). */
  warning(reason: DescriptionRefusal): HeaderField[] {
    const { localAddress, localPort } = this.#leg;
    const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress;
    const [code, text] = WARNINGS[reason] ?? SDP_NOT_UNDERSTOOD;
    const ours = reason === 'no-common-codec' ? ` (${this.#preferences.codecs.join(', ')})` : '';
    return [{ name: 'Warning', value: `${code} ${host}:${localPort} "${text}${ours}"` }];
  }

  /** "The version in the origin field MUST increment by one from the previous SDP" (RFC 3264 section 8). */
  #nextLocal(): LocalAudio {
    const { localAddress: address, localPort: port, localRtcpPort: rtcpPort, sessionId } = this.#leg;
    return { address, port, rtcpPort, sessionId, sessionVersion: this.#version + 1 };
  }
}

/** Warn codes and their meaning: RFC 3261 section 27.2. */
const WARNINGS: Readonly<Partial<Record<DescriptionRefusal, readonly [number, string]>>> = {
  'no-audio': [304, 'Media type not available: an audio stream is needed'],
  'unsupported-transport': [302, 'Incompatible transport protocol: RTP/AVP is spoken'],
  'encryption-required': [302, 'Incompatible transport protocol: RTP/SAVP with a=crypto is needed'],
  'no-common-crypto': [
    306,
    'Attribute not understood: an a=crypto with AES_CM_128_HMAC_SHA1_80 or _32 is needed',
  ],
  'unusable-address': [301, 'Incompatible network address format: a numeric unicast address is needed'],
  'no-common-codec': [305, 'Incompatible media format: a codec of ours is needed'],
};
const SDP_NOT_UNDERSTOOD = [307, 'Session description parameter not understood'] as const;
