/** Finds the one audio stream of a description that we can take part in. */
import { failure, type Result, success } from '../result.ts';
import { type AudioFormat, type AudioFormats, audioFormatsOf, ptimeOf } from './audio-formats.ts';
import type { MediaDescription, SessionDescription } from './description.ts';
import type { MediaDirection, NegotiatedAudio } from './negotiated.ts';
import type { AudioPreferences } from './preferences.ts';
import { isReachable, type RemoteEnd, remoteEndOf } from './remote-end.ts';

export type NegotiationRefusal =
  /** No audio stream, or only ones with port 0. */
  | 'no-audio'
  /** Only encrypted, or nothing we have heard of. */
  | 'unsupported-transport'
  /** A host name, a multicast group, an address of the other IP version, none at all. */
  | 'unusable-address'
  | 'no-common-codec';

export interface AudioStream {
  readonly media: MediaDescription;
  readonly remote: RemoteEnd;
  readonly formats: AudioFormats;
  readonly chosen: AudioFormat;
}

/** The first stream that fits; when none does, what the one that came nearest lacks. Media goes out from `localAddress`. */
export function findAudio(
  session: SessionDescription,
  preferences: AudioPreferences,
  localAddress: string,
): Result<AudioStream, NegotiationRefusal> {
  let nearest: NegotiationRefusal = 'no-audio';
  for (const media of session.media) {
    const stream = takeAudio(session, media, preferences, localAddress);
    if (stream.ok) return stream;
    if (nearness.indexOf(stream.reason) > nearness.indexOf(nearest)) nearest = stream.reason;
  }
  return failure(nearest);
}

export function negotiatedAudio(
  { media, remote, formats, chosen }: AudioStream,
  direction: MediaDirection,
  telephoneEventPayloadType: number | undefined,
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
  };
}

function takeAudio(
  session: SessionDescription,
  media: MediaDescription,
  preferences: AudioPreferences,
  localAddress: string,
): Result<AudioStream, NegotiationRefusal> {
  if (media.kind !== 'audio' || media.port === 0) return failure('no-audio');
  if (!PROTOCOLS.has(media.protocol.toUpperCase())) return failure('unsupported-transport');
  const remote = remoteEndOf(session, media);
  if (remote === undefined || !isReachable(remote, localAddress)) return failure('unusable-address');
  const formats = audioFormatsOf(media);
  const chosen = choose(formats.codecs, preferences);
  return chosen === undefined ? failure('no-common-codec') : success({ media, remote, formats, chosen });
}

function choose(offered: readonly AudioFormat[], preferences: AudioPreferences): AudioFormat | undefined {
  const { codecs, order } = preferences;
  if (order === 'offer') return offered.find(({ codec }) => codecs.includes(codec));
  return codecs.flatMap((own) => offered.find(({ codec }) => codec === own) ?? [])[0];
}

/** In the order in which a stream is looked at: the later the reason, the nearer it came. */
const nearness: readonly NegotiationRefusal[] = [
  'no-audio',
  'unsupported-transport',
  'unusable-address',
  'no-common-codec',
];

/** AVPF is AVP with feedback one need not use (RFC 4585 section 3.6.2). */
const PROTOCOLS: ReadonlySet<string> = new Set(['RTP/AVP', 'RTP/AVPF']);
