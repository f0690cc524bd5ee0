import { invariant } from '../invariant.ts';
import { failure, type Result, success } from '../result.ts';
import { type AudioFormat, audioFormatsOf, type TelephoneEventFormat } from './audio-formats.ts';
import { findAudio, type NegotiationRefusal, negotiatedAudio } from './audio-stream.ts';
import { cryptoAttributesOf } from './crypto-attribute.ts';
import { directionOf, type MediaDescription, type SessionDescription } from './description.ts';
import type {
  AudioCodecName,
  LocalAudio,
  MediaDirection,
  NegotiatedAudio,
  NegotiatedSrtp,
} from './negotiated.ts';
import { parseSdp } from './parse.ts';
import type { AcceptableAudio, AudioPreferences, SrtpPolicy } from './preferences.ts';
import { both, mirrored } from './remote-end.ts';
import { type LocalStream, type MediaSlot, serializeSdp } from './serialize.ts';
import { acceptedCrypto, offeredCryptos } from './srtp-keys.ts';

/**
 * Our offer of one audio stream. In a session that has been negotiated before, `remote` is the other side's last
 * description: its media lines keep their places and its payload types their meanings (RFC 3264 section 8); `settled`
 * is how the stream has been protected until now.
 */
export function createOffer(
  local: LocalAudio,
  preferences: AudioPreferences,
  direction: MediaDirection,
  remote?: SessionDescription,
  settled?: NegotiatedSrtp,
): string {
  const known = remote === undefined ? undefined : findAudio(remote, preferences, local.address);
  const previous = known?.ok ? known.value : undefined;
  const { srtp } = preferences;
  // A stream that has been plain stays it: its refresh is no time for something new.
  const isPlain = srtp === undefined || (previous !== undefined && previous.crypto === undefined);
  const stream: LocalStream = {
    protocol: protocolOf(previous?.media.protocol ?? 'RTP/AVP', srtp?.policy),
    codecs: preferences.codecs.map((codec) => offered(codec, previous?.formats.codecs ?? [])),
    telephoneEvent: {
      payloadType: previous?.formats.telephoneEvent?.payloadType ?? TELEPHONE_EVENT.payloadType,
      events: TELEPHONE_EVENT.events,
    },
    comfortNoisePayloadType: undefined,
    rtcpMux: previous?.remote.rtcpMux ?? false,
    direction,
    cryptos: isPlain ? [] : offeredCryptos(srtp.newKey, settled),
  };
  return serializeSdp(local, '0 0', slotsOf(stream, remote?.media ?? [], previous?.media));
}

/** What the answer to `offer`, a description of `createOffer`, settles. */
export function acceptAnswer(
  offer: string,
  answer: SessionDescription,
): Result<NegotiatedAudio, NegotiationRefusal> {
  const own = parseSdp(offer);
  invariant(own.ok, 'we can read what we wrote');
  const at = own.value.media.findIndex(({ kind, port }) => kind === 'audio' && port > 0);
  const ownMedia = own.value.media[at];
  invariant(ownMedia !== undefined, 'we offer audio');

  const answered = answer.media[at];
  if (answered === undefined) return failure('no-audio');
  const { codecs, telephoneEvent } = audioFormatsOf(ownMedia);
  const found = findAudio(
    { ...answer, media: [answered] },
    { codecs: codecs.map(({ codec }) => codec), order: 'offer', srtp: protectionOffered(ownMedia) },
    own.value.connectionAddress ?? '',
  );
  if (!found.ok) return found;
  const srtp = acceptedCrypto(cryptoAttributesOf(ownMedia), answered, found.value.crypto);
  if (!srtp.ok) return srtp;
  const direction = both(directionOf(own.value, ownMedia), mirrored(found.value.remote.direction));
  // The other side sends events under the number we gave them (RFC 3264 section 6.1), whatever it calls its own.
  const events = found.value.formats.telephoneEvent === undefined ? undefined : telephoneEvent?.payloadType;
  return success(negotiatedAudio(found.value, direction, events, srtp.value));
}

/** A key beside plain RTP may be passed over: where encryption is required, what was taken in that form is not offered so. */
function protocolOf(protocol: string, policy: SrtpPolicy | undefined): string {
  return policy === 'require' ? protocol.replace(/^RTP\/(?=AVP)/i, 'RTP/S') : protocol;
}

function protectionOffered(own: MediaDescription): AcceptableAudio['srtp'] {
  if (cryptoAttributesOf(own).length === 0) return undefined;
  return { policy: own.protocol.toUpperCase().startsWith('RTP/S') ? 'require' : 'offer' };
}

function offered(codec: AudioCodecName, previous: readonly AudioFormat[]): AudioFormat {
  return previous.find((format) => format.codec === codec) ?? { codec, payloadType: PAYLOAD_TYPES[codec] };
}

function slotsOf(
  stream: LocalStream,
  media: readonly MediaDescription[],
  own: MediaDescription | undefined,
): MediaSlot[] {
  const at = own === undefined ? media.findIndex(({ kind }) => kind === 'audio') : media.indexOf(own);
  if (at === -1) return [...media.map((refused) => ({ refused })), stream];
  return media.map((refused, index) => (index === at ? stream : { refused }));
}

/** RFC 3551 table 4. */
const PAYLOAD_TYPES: Readonly<Record<AudioCodecName, number>> = { PCMU: 0, PCMA: 8, G722: 9 };

/** 101 is what nearly everybody uses; events 0 to 16 are the digits and hook flash (RFC 4733 section 3.2). */
const TELEPHONE_EVENT: TelephoneEventFormat = { payloadType: 101, events: '0-16' };
