import type { PayloadDecoder } from '../../codecs/codec.ts';
import { DurationHistogram } from '../duration-histogram.ts';
import { Playout } from '../jitter/playout.ts';
import { emptyPlayoutStats } from '../jitter/playout-stats.ts';
import { parseRtpPacket, RtpPacket } from '../rtp/packet.ts';
import { type ReceiveVerdict, RtpReceiver } from '../rtp/receiver.ts';
import type { PassedContent } from '../rtp/relay.ts';
import { SourceLock } from '../rtp/source-lock.ts';
import { TelephoneEventReceiver } from '../rtp/telephone-event.ts';
import type { NegotiatedAudio } from '../sdp/negotiated.ts';
import type { LegStats } from './command.ts';
import { FormerStreams } from './former-streams.ts';
import { type Frames, RTP_CLOCK_HZ } from './frame.ts';
import type { Passage } from './passage.ts';
import { createDecoder } from './payload-codec.ts';

/** `unknown` is of a payload type that nobody agreed on. */
export type InboundContent = PassedContent | 'unknown';

/** Everything from the phone: datagrams come in as the network has them, a frame goes out every 20 ms. */
export class Inbound {
  readonly receiver: RtpReceiver = new RtpReceiver(RTP_CLOCK_HZ);
  readonly keys: TelephoneEventReceiver = new TelephoneEventReceiver(RTP_CLOCK_HZ);
  /** To the leg that this one is joined with: gets each packet that is heard, and says whether to decode it here. */
  onward: Passage | undefined = undefined;
  /** What calls before this one have heard on its port. */
  former: FormerStreams | undefined = undefined;
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
  #former: NegotiatedAudio | undefined = undefined;
  /** What playouts have counted that are no more. */
  #earlierStats = emptyPlayoutStats();
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
    this.#playout ??= newPlayout(frames);
    this.#takeCodec(audio, this.#playout, frames.rateHz);
    this.#playout.setComfortNoise(audio.comfortNoisePayloadType);
    this.#audio = audio;
    this.#heardAtMs = nowMs;
    this.#isPaced = false;
  }

  #takeCodec({ codec, payloadType }: NegotiatedAudio, playout: Playout, rateHz: number): void {
    const previous = this.#audio;
    if (previous?.codec === codec && previous.payloadType === payloadType) return;
    if (this.#former !== undefined) playout.setDecoder(this.#former.payloadType, undefined);
    this.#former = previous;
    playout.setDecoder(payloadType, createDecoder(codec, rateHz));
  }

  /** The leg's, once negotiated; so are codec and payload type. */
  get frames(): Frames {
    return this.#frames!;
  }

  get codec(): NegotiatedAudio['codec'] {
    return this.#audio!.codec;
  }

  get payloadType(): number {
    return this.#audio!.payloadType;
  }

  /** When the far end's last RTP packet came, or media was negotiated. */
  get heardAtMs(): number {
    return this.#heardAtMs;
  }

  /** A decoder of the codec agreed on, of its own. */
  createDecoder(): PayloadDecoder {
    return createDecoder(this.codec, this.frames.rateHz);
  }

  /** Decodes from here on: what came before is forgotten, or was heard otherwise. */
  restart(): Playout {
    const before = this.#playout!.stats;
    this.#earlierStats.late += before.late;
    this.#earlierStats.concealedSamples += before.concealedSamples;
    this.#earlierStats.overflow += before.overflow;
    const playout = newPlayout(this.frames);
    if (this.#former !== undefined) {
      playout.setDecoder(this.#former.payloadType, createDecoder(this.#former.codec, this.frames.rateHz));
    }
    playout.setDecoder(this.payloadType, this.createDecoder());
    playout.setComfortNoise(this.#audio!.comfortNoisePayloadType);
    this.#playout = playout;
    return playout;
  }

  /** Milliseconds since the far end's last RTP packet; 0 while none is to be expected. */
  silentMs(nowMs: number): number {
    return this.expectsMedia ? nowMs - this.#heardAtMs : 0;
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
    this.#passOn(isEvent ? 'event' : this.#contentOf(packet.payloadType), verdict, nowMs);
    if (!isEvent) {
      if (this.#decodes) this.#playout?.push(packet, nowMs);
      return;
    }
    if (verdict === 'unproven') return;
    if (this.#decodes) this.#playout?.skip(packet);
    const keyRefusal = this.keys.receive(packet, nowMs);
    if (keyRefusal !== undefined) this.countDrop(keyRefusal);
  }

  /** Puts the caller's next 20 ms into the frames. Once negotiated. */
  tick(nowMs: number): void {
    this.pull(this.#frames!.inbound, nowMs);
    this.tickKeys(nowMs);
  }

  pull(frame: Int16Array, nowMs: number): void {
    this.#playout!.pull(frame, nowMs);
  }

  tickKeys(nowMs: number): void {
    if (this.keys.deadline !== undefined) this.keys.handleTimeout(nowMs);
  }

  countDrop(reason: string): void {
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + 1;
  }

  /** Whoever it hears is not whom it is to hear from now on. */
  forgetPhone(nowMs: number): void {
    this.former ??= new FormerStreams();
    this.rememberStream(this.former, nowMs);
  }

  /** The stream it hears is none of the next call's on the same port. */
  rememberStream(streams: FormerStreams, nowMs: number): void {
    const { ssrc } = this.receiver;
    if (ssrc !== undefined && this.#lock !== undefined)
      streams.add(ssrc, this.#lock.heardAddress, this.#lock.heardPort, nowMs);
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
      late: this.#earlierStats.late + playout.late,
      jitterMs,
      concealedMs: (this.#earlierStats.concealedSamples + playout.concealedSamples) / samplesPerMs,
      playoutDelayMs: playout.currentDelayMs,
      pacingMs: {
        p50: this.#pacing.quantileMs(0.5),
        p99: this.#pacing.quantileMs(0.99),
        max: this.#pacing.maxMs,
      },
      dropped: {
        ...this.#dropped,
        unproven: statistics.unproven,
        overflow: this.#earlierStats.overflow + playout.overflow,
      },
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
    if (verdict === 'duplicate' || verdict === 'unproven') return;
    this.#passOn('unknown', verdict, nowMs);
    if (this.#decodes) this.#playout?.skip(packet);
  }

  #passOn(content: InboundContent, verdict: ReceiveVerdict, nowMs: number): void {
    this.onward?.receive(this.#packet, content, verdict, this.receiver.extendedSequence, nowMs);
  }

  #contentOf(payloadType: number): InboundContent {
    return payloadType === this.#audio?.comfortNoisePayloadType ? 'comfort-noise' : 'audio';
  }

  get #decodes(): boolean {
    return this.onward?.isDecoding ?? true;
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
      payloadType !== this.#former?.payloadType &&
      payloadType !== audio.telephoneEventPayloadType &&
      payloadType !== audio.comfortNoisePayloadType
    ) {
      return 'unknown-payload-type';
    }
    if (this.#isStale(this.#lock, address, port, nowMs)) return 'stale-stream';
    const foreign = this.#lock.check(address, port, nowMs);
    if (foreign !== undefined) return foreign;
    return this.expectsMedia ? undefined : 'not-receiving';
  }

  /** A stream of a former call, unless its source is just what the SDP of this one names. */
  #isStale(lock: SourceLock, address: string, port: number, nowMs: number): boolean {
    const isFormer = this.former?.includes(this.#packet.ssrc, address, port, nowMs) ?? false;
    return isFormer && !lock.isNamed(address, port);
  }

  get expectsMedia(): boolean {
    const direction = this.#audio?.direction;
    return direction === 'sendrecv' || direction === 'recvonly';
  }
}

function newPlayout({ rateHz }: Frames): Playout {
  return new Playout({ rateHz, clockRateHz: RTP_CLOCK_HZ });
}
