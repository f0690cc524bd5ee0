import { MAX_SRTP_OCTETS } from './aes-counter-mode.ts';
import { Protection, type SrtpMaster } from './protection.ts';
import { ReplayWindow } from './replay-window.ts';
import { ENCRYPTED, INDEX_OCTETS, RTCP_HEADER_OCTETS, SRTCP_TAG_OCTETS } from './srtcp-layout.ts';

export type SrtcpRefusal = 'srtcp-bad-length' | 'srtcp-auth-failed' | 'srtcp-replayed';

/** Verifies and decrypts the RTCP packets that come under one master key (RFC 3711 section 3.4). */
export class SrtcpReceiver {
  /** Of the packet last unprotected. */
  length = 0;
  readonly #protection: Protection;
  readonly #mkiOctets: number;
  /** The one that was new last comes last. */
  readonly #sources = new Map<number, ReplayWindow>();

  constructor({ master, mkiOctets }: Omit<SrtpMaster, 'tagOctets'>) {
    this.#protection = new Protection(master, 'rtcp');
    this.#mkiOctets = mkiOctets;
  }

  /** As `SrtpReceiver.unprotect`. */
  unprotect(octets: Uint8Array, length: number): SrtcpRefusal | undefined {
    const signedEnd = length - SRTCP_TAG_OCTETS - this.#mkiOctets;
    const end = signedEnd - INDEX_OCTETS;
    if (end < RTCP_HEADER_OCTETS || length > MAX_SRTP_OCTETS) return 'srtcp-bad-length';
    const view = new DataView(octets.buffer, octets.byteOffset, length);
    const ssrc = view.getUint32(4);
    const trailer = view.getUint32(end);
    const index = trailer & ~ENCRYPTED;
    const window = this.#sources.get(ssrc);
    if (window?.hasHeard(index) === true) return 'srtcp-replayed';
    const tagAt = length - SRTCP_TAG_OCTETS;
    const { cipher, authentication } = this.#protection;
    if (!authentication.verify(octets, signedEnd, undefined, tagAt, SRTCP_TAG_OCTETS))
      return 'srtcp-auth-failed';
    (window ?? this.#follow(ssrc)).accept(index);
    if (trailer >= ENCRYPTED) cipher.apply(octets, RTCP_HEADER_OCTETS, end, ssrc, index);
    this.length = end;
    return undefined;
  }

  #follow(ssrc: number): ReplayWindow {
    const window = new ReplayWindow();
    this.#sources.set(ssrc, window);
    if (this.#sources.size > MAX_SOURCES) {
      const [oldest] = this.#sources.keys();
      this.#sources.delete(oldest!);
    }
    return window;
  }
}

/** As many as of RTP. */
const MAX_SOURCES = 32;
