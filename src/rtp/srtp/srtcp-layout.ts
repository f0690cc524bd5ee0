/**
 * What is added to a compound RTCP packet. Its first eight octets stay plain, the rest is encrypted.
 *
 * ```
 * |             ... RTCP packets, encrypted ...                   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |E|                         SRTCP index                         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                 MKI, if any; authentication tag               |
 * ```
 * @see RFC 3711 section 3.4
 */

/** Header and SSRC of the sender. */
export const RTCP_HEADER_OCTETS = 8;
export const INDEX_OCTETS = 4;
/** In every suite of RFC 4568 (section 6.2.2). */
export const SRTCP_TAG_OCTETS = 10;
/** The E flag. */
export const ENCRYPTED = 0x80000000;
/** 31 bits; "2^31 SRTCP packets" is also what one key may protect (section 9.2). */
export const MAX_SRTCP_INDEX: number = 2 ** 31 - 1;
