import { parseRtpHeader, RtpPacket } from '../packet.ts';
import { extendSequence } from '../sequence.ts';
import { MAX_SRTP_OCTETS } from './aes-counter-mode.ts';
import { Protection, type SrtpMaster } from './protection.ts';
import { ReplayWindow } from './replay-window.ts';

/**
 * Encrypts and signs the RTP packets of one outbound stream (RFC 3711 section 3.3). A stream that begins anew has
 * another SSRC: only with that does its roll-over counter begin at 0 for every receiver.
 */
export class SrtpSender {
  readonly #protection: Protection;
  readonly #tagOctets: number;
  readonly #packet = new RtpPacket();
  #ssrc: number | undefined = undefined;
  /** What has been sent of the stream: two packets under one index would give away both (section 9.1). */
  #sent = new ReplayWindow();

  constructor({ master, tagOctets }: Omit<SrtpMaster, 'mkiOctets'>) {
    this.#protection = new Protection(master, 'rtp');
    this.#tagOctets = tagOctets;
  }

  /**
   * Protects the packet that fills `octets` up to `length` where it lies, with its tag behind it, and returns the new
   * length. 0: it must not be sent, for it is no packet of ours, its number was used, or the key has served its time.
   */
  protect(octets: Uint8Array, length: number): number {
    const packet = this.#packet;
    if (length + this.#tagOctets > MAX_SRTP_OCTETS) return 0;
    if (parseRtpHeader(octets, length, packet) !== undefined) return 0;
    const { ssrc, sequenceNumber } = packet;
    if (ssrc !== this.#ssrc) {
      this.#ssrc = ssrc;
      this.#sent = new ReplayWindow();
    }
    const { highest } = this.#sent;
    const index = highest < 0 ? sequenceNumber : extendSequence(highest, sequenceNumber);
    if (index < 0 || index > MAX_INDEX || this.#sent.hasHeard(index)) return 0;
    this.#sent.accept(index);
    const { cipher, authentication } = this.#protection;
    cipher.apply(octets, packet.payloadOffset, length, ssrc, index);
    authentication.sign(octets, length, Math.floor(index / 2 ** 16), length, this.#tagOctets);
    return length + this.#tagOctets;
  }
}

/** "The maximum number of packets … secured with the same key": 2^48 (section 9.2). */
const MAX_INDEX = 2 ** 48 - 1;
