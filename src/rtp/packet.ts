/** Reads and writes the fixed header of RTP packets (RFC 3550 section 5.1) where they lie, without copying. */

/**
 * A view of one packet, filled again and again by `parseRtpPacket`.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           timestamp                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                             SSRC                              |
 * +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 * |                   CC contributing sources                     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |    defined by profile (if X)  |   extension length in words   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          payload, then padding and its count (if P)           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 */
export class RtpPacket {
  /** The datagram, owned by whoever received it; the payload lies in it at `payloadOffset`. */
  octets: Uint8Array = EMPTY;
  payloadType = 0;
  marker = false;
  /** 16 bits. */
  sequenceNumber = 0;
  /** Unsigned 32 bits, in units of the payload's clock rate. */
  timestamp = 0;
  /** Unsigned 32 bits. */
  ssrc = 0;
  payloadOffset = 0;
  /** Without padding; may be 0. */
  payloadLength = 0;
}

/** Why a datagram on a media port is not an RTP packet. */
export type RtpRefusal =
  | 'too-short'
  | 'stun'
  | 'dtls'
  | 'bad-version'
  | 'rtcp'
  | 'reserved-payload-type'
  | 'csrc-overrun'
  | 'extension-overrun'
  | 'bad-padding';

/**
 * Fills `into` from the first `length` octets. Gives the reason when they are no RTP packet; `into` then holds
 * nothing of use.
 * @see RFC 3550 appendix A.1
 */
export function parseRtpPacket(octets: Uint8Array, length: number, into: RtpPacket): RtpRefusal | undefined {
  const refusal = parseRtpHeader(octets, length, into);
  if (refusal !== undefined || (octets[0]! & 0x20) === 0) return refusal;
  const padding = octets[length - 1]!;
  if (padding === 0 || padding > into.payloadLength) return 'bad-padding';
  into.payloadLength -= padding;
  return undefined;
}

/** The same of a packet that is still encrypted: how much of its payload is padding, nobody can tell yet. */
export function parseRtpHeader(octets: Uint8Array, length: number, into: RtpPacket): RtpRefusal | undefined {
  if (length < RTP_HEADER_OCTETS) return 'too-short';
  const first = octets[0]!;
  if (first >> 6 !== 2) return otherProtocol(first);
  const second = octets[1]!;
  const payloadType = second & 0x7f;
  if (payloadType >= 64 && payloadType <= 95) return second >= 0x80 ? 'rtcp' : 'reserved-payload-type';

  let payloadOffset = RTP_HEADER_OCTETS + (first & 0x0f) * 4;
  if (payloadOffset > length) return 'csrc-overrun';
  if ((first & 0x10) !== 0) {
    if (payloadOffset + 4 > length) return 'extension-overrun';
    payloadOffset += 4 + 4 * ((octets[payloadOffset + 2]! << 8) | octets[payloadOffset + 3]!);
    if (payloadOffset > length) return 'extension-overrun';
  }

  into.octets = octets;
  into.payloadType = payloadType;
  into.marker = second >= 0x80;
  into.sequenceNumber = (octets[2]! << 8) | octets[3]!;
  into.timestamp = ((octets[4]! << 24) | (octets[5]! << 16) | (octets[6]! << 8) | octets[7]!) >>> 0;
  into.ssrc = ((octets[8]! << 24) | (octets[9]! << 16) | (octets[10]! << 8) | octets[11]!) >>> 0;
  into.payloadOffset = payloadOffset;
  into.payloadLength = length - payloadOffset;
  return undefined;
}

/** Writes a header without CSRC or extension at the start of `octets` and returns where the payload begins. */
export function writeRtpHeader(
  octets: Uint8Array,
  payloadType: number,
  marker: boolean,
  sequenceNumber: number,
  timestamp: number,
  ssrc: number,
): number {
  octets[0] = 0x80;
  octets[1] = (marker ? 0x80 : 0) | payloadType;
  octets[2] = sequenceNumber >>> 8;
  octets[3] = sequenceNumber;
  octets[4] = timestamp >>> 24;
  octets[5] = timestamp >>> 16;
  octets[6] = timestamp >>> 8;
  octets[7] = timestamp;
  octets[8] = ssrc >>> 24;
  octets[9] = ssrc >>> 16;
  octets[10] = ssrc >>> 8;
  octets[11] = ssrc;
  return RTP_HEADER_OCTETS;
}

/** RFC 7983 section 7: who shares a media port is told by the first octet. */
function otherProtocol(first: number): RtpRefusal {
  if (first <= 3) return 'stun';
  if (first >= 20 && first <= 63) return 'dtls';
  return 'bad-version';
}

export const RTP_HEADER_OCTETS = 12;

const EMPTY: Uint8Array = new Uint8Array(0);
