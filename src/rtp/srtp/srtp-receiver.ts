import { parseRtpHeader, RtpPacket, type RtpRefusal } from '../packet.ts';
import { extendSequence } from '../sequence.ts';
import { MAX_SRTP_OCTETS } from './aes-counter-mode.ts';
import { Protection, type SrtpMaster } from './protection.ts';
import { ReplayWindow } from './replay-window.ts';

/** Why a datagram that may be RTP is not heard. */
export type SrtpRefusal =
  | RtpRefusal
  | 'srtp-too-long'
  /** Plain, forged, damaged, or protected with another key. */
  | 'srtp-auth-failed'
  | 'srtp-replayed';

/**
 * Verifies and decrypts the RTP packets that come under one master key (RFC 3711 section 3.3), of whatever sources.
 * Nothing is learnt from a packet that is not authentic.
 */
export class SrtpReceiver {
  /** Of the packet last unprotected, without its tag. */
  length = 0;
  readonly #protection: Protection;
  readonly #tagOctets: number;
  readonly #mkiOctets: number;
  readonly #packet = new RtpPacket();
  /** The one heard last comes last. */
  readonly #sources = new Map<number, ReplayWindow>();
  /** Where sources stood under the key before this one. */
  readonly #earlier: ReadonlyMap<number, ReplayWindow>;
  #ssrc: number | undefined = undefined;
  #window = new ReplayWindow();

  constructor({ master, tagOctets, mkiOctets }: SrtpMaster, previous?: SrtpReceiver) {
    this.#protection = new Protection(master, 'rtp');
    this.#tagOctets = tagOctets;
    this.#mkiOctets = mkiOctets;
    this.#earlier = previous === undefined ? new Map() : previous.#sources;
  }

  /** Leaves the plain packet at the beginning of `octets`, `length` long. Refused, they stay as they were. */
  unprotect(octets: Uint8Array, length: number): SrtpRefusal | undefined {
    if (length > MAX_SRTP_OCTETS) return 'srtp-too-long';
    const packet = this.#packet;
    const end = length - this.#tagOctets - this.#mkiOctets;
    const refusal = parseRtpHeader(octets, end, packet);
    if (refusal !== undefined) return refusal;
    const { ssrc, sequenceNumber, payloadOffset } = packet;

    const window = ssrc === this.#ssrc ? this.#window : this.#sources.get(ssrc);
    let index: number | undefined;
    if (window === undefined) {
      index = this.#firstIndex(octets, end, ssrc, sequenceNumber);
    } else {
      const estimate = extendSequence(window.highest, sequenceNumber);
      if (estimate < 0 || window.hasHeard(estimate)) return 'srtp-replayed';
      if (this.#isAuthentic(octets, end, estimate)) index = estimate;
    }
    if (index === undefined) return 'srtp-auth-failed';

    if (ssrc !== this.#ssrc) this.#follow(ssrc, window ?? new ReplayWindow());
    this.#window.accept(index);
    this.#protection.cipher.apply(octets, payloadOffset, end, ssrc, index);
    this.length = end;
    return undefined;
  }

  /**
   * A stream begins at roll-over counter 0 (section 3.3.1): or at 1, when all before its sequence number wrapped was
   * lost. After a change of keys it goes on from where it was, as the RFC has it, or begins anew, as is usual.
   */
  #firstIndex(octets: Uint8Array, end: number, ssrc: number, sequenceNumber: number): number | undefined {
    if (this.#isAuthentic(octets, end, sequenceNumber)) return sequenceNumber;
    const wrapped = sequenceNumber + 2 ** 16;
    if (sequenceNumber < 2 ** 15 && this.#isAuthentic(octets, end, wrapped)) return wrapped;
    const earlier = this.#earlier.get(ssrc);
    if (earlier === undefined) return undefined;
    const continued = extendSequence(earlier.highest, sequenceNumber);
    return continued >= 0 && this.#isAuthentic(octets, end, continued) ? continued : undefined;
  }

  #isAuthentic(octets: Uint8Array, end: number, index: number): boolean {
    const tagAt = end + this.#mkiOctets;
    const rollOver = Math.floor(index / 2 ** 16);
    return this.#protection.authentication.verify(octets, end, rollOver, tagAt, this.#tagOctets);
  }

  #follow(ssrc: number, window: ReplayWindow): void {
    this.#ssrc = ssrc;
    this.#window = window;
    this.#sources.delete(ssrc);
    this.#sources.set(ssrc, window);
    if (this.#sources.size <= MAX_SOURCES) return;
    const [oldest] = this.#sources.keys();
    this.#sources.delete(oldest!);
  }
}

/** Ours: a gateway changes its SSRC at each change of what it plays, some use one for each key press. */
const MAX_SOURCES = 32;
