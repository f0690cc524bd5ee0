import { type Result, success } from '../result.ts';
import { findAudio, type NegotiationRefusal, negotiatedAudio } from './audio-stream.ts';
import type { SessionDescription } from './description.ts';
import type { LocalAudio, NegotiatedAudio, NegotiatedSrtp } from './negotiated.ts';
import type { AudioPreferences } from './preferences.ts';
import { mirrored } from './remote-end.ts';
import { type LocalStream, serializeSdp } from './serialize.ts';
import { answerCrypto } from './srtp-keys.ts';

export interface Answer {
  readonly sdp: string;
  readonly audio: NegotiatedAudio;
}

/**
 * Answers an offer (RFC 3264 section 6): one codec for its first audio stream that fits, telephone-event and comfort
 * noise as far as they are offered, and every other stream refused. A refusal is worth a 488. `settled` is how the
 * stream has been protected until now.
 */
export function answerOffer(
  offer: SessionDescription,
  local: LocalAudio,
  preferences: AudioPreferences,
  settled?: NegotiatedSrtp,
): Result<Answer, NegotiationRefusal> {
  const found = findAudio(offer, preferences, local.address);
  if (!found.ok) return found;
  const { media, remote, formats, chosen, crypto } = found.value;
  const { telephoneEvent } = formats;
  const direction = mirrored(remote.direction);
  const srtp = crypto && answerCrypto(crypto, preferences.srtp, settled);
  const stream: LocalStream = {
    protocol: media.protocol,
    codecs: [chosen],
    telephoneEvent,
    comfortNoisePayloadType: formats.comfortNoisePayloadType,
    rtcpMux: remote.rtcpMux,
    direction,
    cryptos:
      crypto === undefined || srtp === undefined
        ? []
        : [{ tag: crypto.tag, suite: srtp.suite, key: srtp.localKey }],
  };
  const slots = offer.media.map((other) => (other === media ? stream : { refused: other }));
  return success({
    sdp: serializeSdp(local, offer.timing, slots),
    audio: negotiatedAudio(found.value, direction, telephoneEvent?.payloadType, srtp),
  });
}
