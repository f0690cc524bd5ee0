import { decodeL16, encodeL16 } from '../../codecs/l16.ts';
import { createResampler, type Resampler } from '../audio/resampler.ts';
import { invariant } from '../invariant.ts';
import { RTP_HEADER_OCTETS, writeRtpHeader } from '../rtp/packet.ts';
import type { LinearCodecName, NegotiatedAudio } from '../sdp/negotiated.ts';
import { FRAME_MS, FRAME_TICKS } from './frame.ts';

/** What a leg is told of a phone of linear samples, wherever that is. */
export function linearAudio(codec: LinearCodecName, address: string, port: number): NegotiatedAudio {
  return {
    codec,
    payloadType: PAYLOAD_TYPE,
    telephoneEventPayloadType: undefined,
    comfortNoisePayloadType: undefined,
    remoteAddress: address,
    remotePort: port,
    remoteRtcpPort: 0,
    rtcpMux: false,
    direction: 'sendrecv',
    remotePtimeMs: undefined,
  };
}

/** The leg's codec for a phone of this rate: a leg runs at 8 or 16 kHz. */
function linearCodecFor(rateHz: number): LinearCodecName {
  return rateHz === 8000 ? 'SLIN' : 'SLIN16';
}

/**
 * A phone that gives and takes 16-bit little-endian samples in order, over TCP say. To its leg it is an RTP phone: what it
 * gives is put into packets, one for each 20 ms, so that bursts and gaps are the jitter buffer's, and the leg's packets
 * are taken out again. It speaks at the rate that it was last spoken to.
 */
export class LinearPhone {
  readonly codec: LinearCodecName;
  readonly #legRateHz: number;
  #rateHz: number;
  #fromPhone: Resampler;
  #toPhone: Resampler;
  /** What of a packet has come. */
  readonly #pending: Int16Array;
  #pendingCount = 0;
  #sequenceNumber = 0;
  #timestamp = 0;
  #heardAtMs: number | undefined = undefined;

  constructor(rateHz: number) {
    this.codec = linearCodecFor(rateHz);
    this.#legRateHz = this.codec === 'SLIN' ? 8000 : 16_000;
    this.#rateHz = rateHz;
    this.#fromPhone = createResampler(rateHz, this.#legRateHz);
    this.#toPhone = createResampler(this.#legRateHz, rateHz);
    this.#pending = new Int16Array((this.#legRateHz * FRAME_MS) / 1000);
  }

  /** Of what `speak` gives. */
  get rateHz(): number {
    return this.#rateHz;
  }

  /** The phone said this; `deliver` gets each packet that is whole, which is its own from then on. */
  hear(octets: Uint8Array, rateHz: number, nowMs: number, deliver: (datagram: Uint8Array) => void): void {
    if (octets.length < 2) return;
    if (rateHz !== this.#rateHz) this.#change(rateHz);
    this.#passTime(nowMs);
    const pieceOctets = 2 * Math.floor((rateHz * FRAME_MS) / 1000);
    for (let at = 0; at < octets.length; at += pieceOctets) {
      const count = decodeL16(octets, at, Math.min(pieceOctets, octets.length - at), phoneSamples, 0);
      const resampled = this.#fromPhone.process(phoneSamples, 0, count, legSamples, 0);
      for (let i = 0; i < resampled; i++) {
        this.#pending[this.#pendingCount++] = legSamples[i]!;
        if (this.#pendingCount === this.#pending.length) deliver(this.#packet());
      }
    }
  }

  /** Writes what the phone is to hear of a packet of the leg's; returns its octets. `into` has room for 20 ms. */
  speak(datagram: Uint8Array, into: Uint8Array, offset: number): number {
    const length = datagram.length - RTP_HEADER_OCTETS;
    invariant(length === 2 * this.#pending.length, "the leg's packets are of the phone's codec");
    const count = decodeL16(datagram, RTP_HEADER_OCTETS, length, legSamples, 0);
    const resampled = this.#toPhone.process(legSamples, 0, count, phoneSamples, 0);
    return encodeL16(phoneSamples, 0, resampled, into, offset);
  }

  #change(rateHz: number): void {
    this.#rateHz = rateHz;
    this.#fromPhone = createResampler(rateHz, this.#legRateHz);
    this.#toPhone = createResampler(this.#legRateHz, rateHz);
  }

  /** Who says nothing for long has been silent, or cut off: what comes then is of its own moment, not late. */
  #passTime(nowMs: number): void {
    const silentMs = nowMs - (this.#heardAtMs ?? nowMs);
    this.#heardAtMs = nowMs;
    if (silentMs <= LONGEST_JITTER_MS) return;
    this.#pendingCount = 0;
    this.#fromPhone.reset();
    this.#timestamp += FRAME_TICKS * (Math.round(silentMs / FRAME_MS) - 1);
  }

  #packet(): Uint8Array {
    const datagram = new Uint8Array(RTP_HEADER_OCTETS + 2 * this.#pending.length);
    const timestamp = this.#timestamp >>> 0;
    writeRtpHeader(datagram, PAYLOAD_TYPE, false, this.#sequenceNumber & 0xffff, timestamp, SSRC);
    encodeL16(this.#pending, 0, this.#pending.length, datagram, RTP_HEADER_OCTETS);
    this.#pendingCount = 0;
    this.#sequenceNumber += 1;
    this.#timestamp += FRAME_TICKS;
    return datagram;
  }
}

/** Nobody but the leg sees these: any will do. */
const PAYLOAD_TYPE = 96;
const SSRC = 1;
/** As much as the jitter buffer evens out. */
const LONGEST_JITTER_MS = 500;
/** 20 ms at 192 kHz, the highest rate there is a name for; and at a leg's. */
const phoneSamples = new Int16Array(3840);
const legSamples = new Int16Array(640);
