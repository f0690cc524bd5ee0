/** Finds the one audio stream of a description that we can take part in. */
import { failure, type Result, success } from '../result.ts';
import { type AudioFormat, type AudioFormats, audioFormatsOf, ptimeOf } from './audio-formats.ts';
import { type CryptoAttribute, cryptoAttributesOf } from './crypto-attribute.ts';
import type { MediaDescription, SessionDescription } from './description.ts';
import type { MediaDirection, NegotiatedAudio, NegotiatedSrtp } from './negotiated.ts';
import type { AcceptableAudio } from './preferences.ts';
import { isReachable, type RemoteEnd, remoteEndOf } from './remote-end.ts';

export type NegotiationRefusal =
  /** No audio stream, or only ones with port 0. */
  | 'no-audio'
  /** Only encrypted where we do not encrypt, or nothing we have heard of. */
  | 'unsupported-transport'
  /** Plain RTP, where the operator asks for encryption. */
  | 'encryption-required'
  /** Encrypted, and not with a key and suite we can take. */
  | 'no-common-crypto'
  /** A host name, a multicast group, an address of the other IP version, none at all. */
  | 'unusable-address'
  | 'no-common-codec';

export interface AudioStream {
  readonly media: MediaDescription;
  readonly remote: RemoteEnd;
  readonly formats: AudioFormats;
  readonly chosen: AudioFormat;
  /** How the describing side protects what it sends; undefined: not at all. */
  readonly crypto: CryptoAttribute | undefined;
}

/**
 * The first stream that fits, an encrypted one before plain ones; when none does, what the one that came nearest lacks.
 * Media goes out from `localAddress`.
 */
export function findAudio(
  session: SessionDescription,
  acceptable: AcceptableAudio,
  localAddress: string,
): Result<AudioStream, NegotiationRefusal> {
  let nearest: NegotiationRefusal = 'no-audio';
  let plain: AudioStream | undefined;
  for (const media of session.media) {
    const stream = takeAudio(session, media, acceptable, localAddress);
    if (!stream.ok) {
      if (nearness.indexOf(stream.reason) > nearness.indexOf(nearest)) nearest = stream.reason;
    } else if (stream.value.crypto !== undefined || acceptable.srtp === undefined) {
      return stream;
    } else {
      plain ??= stream.value;
    }
  }
  return plain === undefined ? failure(nearest) : success(plain);
}

export function negotiatedAudio(
  { media, remote, formats, chosen }: AudioStream,
  direction: MediaDirection,
  telephoneEventPayloadType: number | undefined,
  srtp: NegotiatedSrtp | undefined,
): NegotiatedAudio {
  return {
    codec: chosen.codec,
    payloadType: chosen.payloadType,
    telephoneEventPayloadType,
    comfortNoisePayloadType: formats.comfortNoisePayloadType,
    remoteAddress: remote.address,
    remotePort: remote.port,
    remoteRtcpPort: remote.rtcpPort,
    rtcpMux: remote.rtcpMux,
    direction,
    remotePtimeMs: ptimeOf(media),
    srtp,
  };
}

function takeAudio(
  session: SessionDescription,
  media: MediaDescription,
  acceptable: AcceptableAudio,
  localAddress: string,
): Result<AudioStream, NegotiationRefusal> {
  if (media.kind !== 'audio' || media.port === 0) return failure('no-audio');
  const protection = protectionOf(media, acceptable);
  if (!protection.ok) return protection;
  const remote = remoteEndOf(session, media);
  if (remote === undefined || !isReachable(remote, localAddress)) return failure('unusable-address');
  const formats = audioFormatsOf(media);
  const chosen = choose(formats.codecs, acceptable);
  if (chosen === undefined) return failure('no-common-codec');
  return success({ media, remote, formats, chosen, crypto: protection.value });
}

/** A key beside plain RTP is best effort: whoever understands it encrypts, and others pass it over. */
function protectionOf(
  media: MediaDescription,
  { srtp }: AcceptableAudio,
): Result<CryptoAttribute | undefined, NegotiationRefusal> {
  const protocol = media.protocol.toUpperCase();
  const isSecure = SECURE_PROTOCOLS.has(protocol);
  if (!isSecure && !PLAIN_PROTOCOLS.has(protocol)) return failure('unsupported-transport');
  if (srtp === undefined) return isSecure ? failure('unsupported-transport') : success(undefined);
  const crypto = cryptoAttributesOf(media)[0];
  if (crypto !== undefined) return success(crypto);
  if (isSecure) return failure('no-common-crypto');
  return srtp.policy === 'require' ? failure('encryption-required') : success(undefined);
}

function choose(offered: readonly AudioFormat[], acceptable: AcceptableAudio): AudioFormat | undefined {
  const { codecs, order } = acceptable;
  if (order === 'offer') return offered.find(({ codec }) => codecs.includes(codec));
  return codecs.flatMap((own) => offered.find(({ codec }) => codec === own) ?? [])[0];
}

/** In the order in which a stream is looked at: the later the reason, the nearer it came. */
const nearness: readonly NegotiationRefusal[] = [
  'no-audio',
  'unsupported-transport',
  'encryption-required',
  'no-common-crypto',
  'unusable-address',
  'no-common-codec',
];

/** AVPF is AVP with feedback one need not use (RFC 4585 section 3.6.2); SAVP and SAVPF are the same encrypted. */
const PLAIN_PROTOCOLS: ReadonlySet<string> = new Set(['RTP/AVP', 'RTP/AVPF']);
const SECURE_PROTOCOLS: ReadonlySet<string> = new Set(['RTP/SAVP', 'RTP/SAVPF']);
