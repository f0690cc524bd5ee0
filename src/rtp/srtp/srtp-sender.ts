import { parseRtpHeader, RtpPacket } from '../packet.ts';
import { extendSequence } from '../sequence.ts';
import { MAX_SRTP_OCTETS } from './aes-counter-mode.ts';
import { Protection, type SrtpMaster } from './protection.ts';

/**
 * Encrypts and signs the RTP packets of one outbound stream (RFC 3711 section 3.3). A stream that begins anew has
 * another SSRC: only with that does its roll-over counter begin at 0 for every receiver.
 */
export class SrtpSender {
  readonly #protection: Protection;
  readonly #tagOctets: number;
  readonly #packet = new RtpPacket();
  #ssrc: number | undefined = undefined;
  /** Of the packet sent last: roll-over counter and sequence number. */
  #index = 0;

  constructor({ master, tagOctets }: Omit<SrtpMaster, 'mkiOctets'>) {
    this.#protection = new Protection(master, 'rtp');
    this.#tagOctets = tagOctets;
  }

  /**
   * Protects the packet that fills `octets` up to `length` where it lies, with its tag behind it, and returns the new
   * length. 0: it must not be sent, for it is no packet of ours or the key has served its time.
   */
  protect(octets: Uint8Array, length: number): number {
    const packet = this.#packet;
    if (length + this.#tagOctets > MAX_SRTP_OCTETS) return 0;
    if (parseRtpHeader(octets, length, packet) !== undefined) return 0;
    const { ssrc, sequenceNumber } = packet;
    const index = ssrc === this.#ssrc ? extendSequence(this.#index, sequenceNumber) : sequenceNumber;
    if (index > MAX_INDEX) return 0;
    this.#ssrc = ssrc;
    this.#index = index;
    const { cipher, authentication } = this.#protection;
    cipher.apply(octets, packet.payloadOffset, length, ssrc, index);
    authentication.sign(octets, length, Math.floor(index / 2 ** 16), length, this.#tagOctets);
    return length + this.#tagOctets;
  }
}

/** "The maximum number of packets … secured with the same key": 2^48 (section 9.2). */
const MAX_INDEX = 2 ** 48 - 1;
