import { invariant } from '../invariant.ts';
import type { SourceLock } from '../rtp/source-lock.ts';
import { MASTER_OCTETS } from '../rtp/srtp/key-derivation.ts';
import type { SrtpMaster } from '../rtp/srtp/protection.ts';
import { SrtcpReceiver } from '../rtp/srtp/srtcp-receiver.ts';
import { SrtcpSender } from '../rtp/srtp/srtcp-sender.ts';
import { SrtpReceiver } from '../rtp/srtp/srtp-receiver.ts';
import { SrtpSender } from '../rtp/srtp/srtp-sender.ts';
import type { NegotiatedSrtp } from '../sdp/negotiated.ts';
import { DatagramRing, MAX_OCTETS } from './datagram-ring.ts';

/**
 * Stands between a leg and the network: opens what comes in and seals what goes out, where keys have been agreed on;
 * else all passes as it is.
 */
export class LegCrypto {
  /** Of the packet last opened. */
  length = 0;
  #srtp: NegotiatedSrtp | undefined = undefined;
  /** Kept over a time of plain RTP: what has been counted under a key is never counted anew. */
  #inbound: InboundKey | undefined = undefined;
  /** What the far end sent before it had heard of its new key is still under way. */
  #previous: InboundKey | undefined = undefined;
  #previousUntilMs = Number.POSITIVE_INFINITY;
  #outbound: OutboundKey | undefined = undefined;

  /** Whether what is sent from now on must be a new stream: one that begins or that somebody else may hear. */
  negotiate(srtp: NegotiatedSrtp | undefined): boolean {
    this.#srtp = srtp;
    if (srtp === undefined) return false;
    const { suite, localKey, remoteKey, remoteMkiOctets } = srtp;
    const tagOctets = TAG_OCTETS[suite];
    const inboundName = `${suite} ${remoteKey} ${remoteMkiOctets}`;
    const outboundName = `${suite} ${localKey}`;
    const isInboundNew = inboundName !== this.#inbound?.name;
    const isOutboundNew = outboundName !== this.#outbound?.name;
    if (isInboundNew) {
      this.#previous = this.#inbound;
      this.#previousUntilMs = Number.POSITIVE_INFINITY;
      const master = { master: octetsOf(remoteKey), tagOctets, mkiOctets: remoteMkiOctets };
      this.#inbound = inboundKey(inboundName, master, this.#previous);
    }
    if (isOutboundNew) {
      this.#outbound = outboundKey(outboundName, octetsOf(localKey), tagOctets);
    }
    return isInboundNew || isOutboundNew;
  }

  /** Leaves plain RTP in the first `this.length` octets, or gives the reason why there is none. */
  openRtp(
    datagram: Uint8Array,
    length: number,
    lock: SourceLock | undefined,
    address: string,
    port: number,
    nowMs: number,
  ): string | undefined {
    this.length = length;
    if (this.#srtp === undefined || this.#inbound === undefined) return undefined;
    // What could not be heard anyway is not worth the work: a flood would be paid for in hashes.
    if (lock?.isForeign(address, port) === true) return 'foreign-source';
    const { rtp } = this.#inbound;
    const refusal = rtp.unprotect(datagram, length);
    if (refusal === undefined) {
      this.length = rtp.length;
      if (this.#previous !== undefined) this.#outlive(nowMs);
      return undefined;
    }
    if (refusal !== 'srtp-auth-failed' || this.#previous === undefined) return refusal;
    if (this.#previous.rtp.unprotect(datagram, length) !== undefined) return refusal;
    this.length = this.#previous.rtp.length;
    return undefined;
  }

  /** The same for RTCP. */
  openRtcp(datagram: Uint8Array, length: number): string | undefined {
    this.length = length;
    if (this.#srtp === undefined || this.#inbound === undefined) return undefined;
    const refusal = this.#inbound.rtcp.unprotect(datagram, length);
    if (refusal === undefined) {
      this.length = this.#inbound.rtcp.length;
      return undefined;
    }
    if (refusal !== 'srtcp-auth-failed' || this.#previous === undefined) return refusal;
    if (this.#previous.rtcp.unprotect(datagram, length) !== undefined) return refusal;
    this.length = this.#previous.rtcp.length;
    return undefined;
  }

  /** What to send instead of a packet, as long as it stays in a `DatagramRing`; undefined: nothing. */
  sealRtp(packet: Uint8Array): Uint8Array | undefined {
    if (this.#srtp === undefined || this.#outbound === undefined) return packet;
    const { rtp, sealed } = this.#outbound;
    if (packet.length + MAX_OVERHEAD_OCTETS > MAX_OCTETS) return undefined;
    const octets = sealed.next();
    octets.set(packet);
    const length = rtp.protect(octets, packet.length);
    return length === 0 ? undefined : sealed.take(length);
  }

  /** The same for RTCP, in octets of its own. */
  sealRtcp(packet: Uint8Array): Uint8Array | undefined {
    if (this.#srtp === undefined || this.#outbound === undefined) return packet;
    const sealed = new Uint8Array(packet.length + MAX_OVERHEAD_OCTETS);
    sealed.set(packet);
    const length = this.#outbound.rtcp.protect(sealed, packet.length);
    return length === 0 ? undefined : sealed.subarray(0, length);
  }

  /** The far end uses its new key: what is late under the old one has a moment left. */
  #outlive(nowMs: number): void {
    if (nowMs >= this.#previousUntilMs) this.#previous = undefined;
    else this.#previousUntilMs = Math.min(this.#previousUntilMs, nowMs + OLD_KEY_MS);
  }
}

interface InboundKey {
  readonly name: string;
  readonly rtp: SrtpReceiver;
  readonly rtcp: SrtcpReceiver;
}

interface OutboundKey {
  readonly name: string;
  readonly rtp: SrtpSender;
  readonly rtcp: SrtcpSender;
  readonly sealed: DatagramRing;
}

function inboundKey(name: string, master: SrtpMaster, previous: InboundKey | undefined): InboundKey {
  return { name, rtp: new SrtpReceiver(master, previous?.rtp), rtcp: new SrtcpReceiver(master) };
}

function outboundKey(name: string, master: Uint8Array, tagOctets: number): OutboundKey {
  return {
    name,
    rtp: new SrtpSender({ master, tagOctets }),
    rtcp: new SrtcpSender(master),
    sealed: new DatagramRing(),
  };
}

function octetsOf(key: string): Uint8Array {
  const octets = Buffer.from(key, 'base64');
  invariant(octets.length === MASTER_OCTETS, 'keys are checked when they are read');
  return octets;
}

/** RFC 4568 section 6.2: of RTP. */
const TAG_OCTETS: Readonly<Record<NegotiatedSrtp['suite'], number>> = {
  AES_CM_128_HMAC_SHA1_80: 10,
  AES_CM_128_HMAC_SHA1_32: 4,
};

/** Ours: longer than any packet waits in the network that the jitter buffer would still take. */
const OLD_KEY_MS = 1000;
/** Index and tag of RTCP; of RTP it is less. */
const MAX_OVERHEAD_OCTETS = 14;
