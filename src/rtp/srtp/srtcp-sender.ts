import { MAX_SRTP_OCTETS } from './aes-counter-mode.ts';
import { Protection } from './protection.ts';
import {
  ENCRYPTED,
  INDEX_OCTETS,
  MAX_SRTCP_INDEX,
  RTCP_HEADER_OCTETS,
  SRTCP_TAG_OCTETS,
} from './srtcp-layout.ts';

/** Encrypts and signs the compound RTCP packets of one direction (RFC 3711 section 3.4). */
export class SrtcpSender {
  readonly #protection: Protection;
  #index = 0;

  constructor(master: Uint8Array) {
    this.#protection = new Protection(master, 'rtcp');
  }

  /** As `SrtpSender.protect`. */
  protect(octets: Uint8Array, length: number): number {
    const protectedLength = length + INDEX_OCTETS + SRTCP_TAG_OCTETS;
    if (length < RTCP_HEADER_OCTETS || protectedLength > MAX_SRTP_OCTETS) return 0;
    if (this.#index === MAX_SRTCP_INDEX) return 0;
    // The first has 1, as libsrtp's: to a receiver that knows the RFC the one with 0 was lost.
    this.#index += 1;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const { cipher, authentication } = this.#protection;
    cipher.apply(octets, RTCP_HEADER_OCTETS, length, view.getUint32(4), this.#index);
    view.setUint32(length, (ENCRYPTED | this.#index) >>> 0);
    const end = length + INDEX_OCTETS;
    authentication.sign(octets, end, undefined, end, SRTCP_TAG_OCTETS);
    return protectedLength;
  }
}
