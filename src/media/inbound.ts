import { DurationHistogram } from '../duration-histogram.ts';
import { Playout } from '../jitter/playout.ts';
import { emptyPlayoutStats } from '../jitter/playout-stats.ts';
import { parseRtpPacket, RtpPacket } from '../rtp/packet.ts';
import { RtpReceiver } from '../rtp/receiver.ts';
import { SourceLock } from '../rtp/source-lock.ts';
import { TelephoneEventReceiver } from '../rtp/telephone-event.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { LegStats } from './command.ts';
import { type Frames, RTP_CLOCK_HZ } from './frame.ts';
import { createDecoder } from './payload-codec.ts';

/** Everything from the phone: datagrams come in as the network has them, a frame goes out every 20 ms. */
export class Inbound {
  readonly receiver: RtpReceiver = new RtpReceiver(RTP_CLOCK_HZ);
  readonly keys: TelephoneEventReceiver = new TelephoneEventReceiver(RTP_CLOCK_HZ);
  readonly #symmetricRtp: boolean;
  readonly #packet = new RtpPacket();
  readonly #dropped: Record<string, number> = {};
  /** From each packet to the next. */
  readonly #pacing = new DurationHistogram({ bucketsPerMs: 10, longestMs: 100 });
  #lock: SourceLock | undefined = undefined;
  #playout: Playout | undefined = undefined;
  #frames: Frames | undefined = undefined;
  #audio: NegotiatedAudio | undefined = undefined;
  /** Of the codec before: what was under way when it changed is heard. */
  #formerPayloadType: number | undefined = undefined;
  #heardAtMs = 0;
  #isPaced = false;

  constructor(symmetricRtp: boolean) {
    this.#symmetricRtp = symmetricRtp;
  }

  /** Where media and RTCP go and come from, once negotiated. */
  get lock(): SourceLock | undefined {
    return this.#lock;
  }

  /** `frames` are the leg's, the same each time. */
  negotiate(audio: NegotiatedAudio, frames: Frames, nowMs: number): void {
    const { remoteAddress: address, remotePort: port } = audio;
    if (this.#lock === undefined) {
      this.#lock = new SourceLock({ address, port, symmetric: this.#symmetricRtp });
    } else {
      this.#lock.renegotiate(address, port);
    }
    this.#frames = frames;
    this.#playout ??= new Playout({ rateHz: frames.rateHz, clockRateHz: RTP_CLOCK_HZ });
    this.#takeCodec(audio, this.#playout, frames.rateHz);
    this.#playout.setComfortNoise(audio.comfortNoisePayloadType);
    this.#audio = audio;
    this.#heardAtMs = nowMs;
    this.#isPaced = false;
  }

  #takeCodec({ codec, payloadType }: NegotiatedAudio, playout: Playout, rateHz: number): void {
    const previous = this.#audio;
    if (previous?.codec === codec && previous.payloadType === payloadType) return;
    if (this.#formerPayloadType !== undefined) playout.setDecoder(this.#formerPayloadType, undefined);
    this.#formerPayloadType = previous?.payloadType;
    playout.setDecoder(payloadType, createDecoder(codec, rateHz));
  }

  /** Milliseconds since the far end's last RTP packet; 0 while none is to be expected. */
  silentMs(nowMs: number): number {
    return this.#expectsMedia ? nowMs - this.#heardAtMs : 0;
  }

  receive(datagram: Uint8Array, length: number, address: string, port: number, nowMs: number): void {
    const packet = this.#packet;
    const refusal = this.#refusalOf(datagram, length, address, port, nowMs);
    if (refusal !== undefined) {
      this.countDrop(refusal);
      if (refusal === 'unknown-payload-type') this.#passOver(address, port, nowMs);
      return;
    }
    this.#hear(nowMs);
    const isEvent = packet.payloadType === this.#audio?.telephoneEventPayloadType;
    const verdict = this.receiver.receive(packet, nowMs, !isEvent);
    if (verdict === 'duplicate') return;
    if (!isEvent) {
      this.#playout?.push(packet, nowMs);
      return;
    }
    if (verdict === 'unproven') return;
    this.#playout?.skip(packet);
    const keyRefusal = this.keys.receive(packet, nowMs);
    if (keyRefusal !== undefined) this.countDrop(keyRefusal);
  }

  /** Puts the caller's next 20 ms into the frames. Once negotiated. */
  tick(nowMs: number): void {
    this.#playout!.pull(this.#frames!.inbound, nowMs);
    if (this.keys.deadline !== undefined) this.keys.handleTimeout(nowMs);
  }

  countDrop(reason: string): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  get stats(): LegStats['inbound'] {
    const { statistics, lost, jitterMs } = this.receiver;
    const playout = this.#playout?.stats ?? emptyPlayoutStats();
    const samplesPerMs = (this.#frames?.rateHz ?? RTP_CLOCK_HZ) / 1000;
    return {
      packets: statistics.packets,
      octets: statistics.octets,
      lost,
      reordered: statistics.reordered,
      duplicates: statistics.duplicates,
      late: playout.late,
      jitterMs,
      concealedMs: playout.concealedSamples / samplesPerMs,
      playoutDelayMs: playout.currentDelayMs,
      pacingMs: {
        p50: this.#pacing.quantileMs(0.5),
        p99: this.#pacing.quantileMs(0.99),
        max: this.#pacing.maxMs,
      },
      dropped: { ...this.#dropped, unproven: statistics.unproven, overflow: playout.overflow },
    };
  }

  /**
   * The phone's own packet of a type nobody agreed on has its number among the audio's: what is missing there was not
   * lost on the way. It is no sign of life, and no other stream is followed for it.
   */
  #passOver(address: string, port: number, nowMs: number): void {
    const packet = this.#packet;
    if (packet.ssrc !== this.receiver.ssrc || this.#lock?.isHeard(address, port) !== true) return;
    const verdict = this.receiver.receive(packet, nowMs, false);
    if (verdict !== 'duplicate' && verdict !== 'unproven') this.#playout?.skip(packet);
  }

  /** The wait before the first packet, or after a hold, is no matter of pacing. */
  #hear(nowMs: number): void {
    if (this.#isPaced) this.#pacing.record(nowMs - this.#heardAtMs);
    this.#isPaced = true;
    this.#heardAtMs = nowMs;
  }

  /** Why a datagram is not heard; otherwise it is in `#packet`. */
  #refusalOf(
    datagram: Uint8Array,
    length: number,
    address: string,
    port: number,
    nowMs: number,
  ): string | undefined {
    const audio = this.#audio;
    if (audio === undefined || this.#lock === undefined) return 'not-negotiated';
    const refusal = parseRtpPacket(datagram, length, this.#packet);
    if (refusal !== undefined) return refusal;
    const { payloadType } = this.#packet;
    if (
      payloadType !== audio.payloadType &&
      payloadType !== this.#formerPayloadType &&
      payloadType !== audio.telephoneEventPayloadType &&
      payloadType !== audio.comfortNoisePayloadType
    ) {
      return 'unknown-payload-type';
    }
    const foreign = this.#lock.check(address, port, nowMs);
    if (foreign !== undefined) return foreign;
    return this.#expectsMedia ? undefined : 'not-receiving';
  }

  get #expectsMedia(): boolean {
    const direction = this.#audio?.direction;
    return direction === 'sendrecv' || direction === 'recvonly';
  }
}
