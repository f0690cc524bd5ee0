/** Passes the packets of an inbound stream on in an outbound one: numbered anew, their payload untouched. */
import type { RtpPacket } from './packet.ts';
import type { ReceiveVerdict } from './receiver.ts';
import type { RtpSender } from './sender.ts';
import { timestampDistance } from './sequence.ts';

/** Audio has an octet for each tick of the clock, in every codec that is passed on. Events stand still; noise has no length. */
export type PassedContent = 'audio' | 'event' | 'comfort-noise';

/**
 * Numbers and timestamps keep the source's distances, so that what was lost, reordered or paused on the way here looks
 * the same to whoever hears it next. They are joined to the outbound stream anew whenever that was broken: by packets
 * of our own, by another source, or by a source whose clock leapt.
 */
export class RtpRelay {
  readonly #sender: RtpSender;
  readonly #clockRateHz: number;
  #joined = false;
  /** Of the stream it was joined to. */
  #ssrc = 0;
  /** Extended sequence number below which nothing is passed: its place has been taken. */
  #first = 0;
  #sequenceOffset = 0;
  #timestampOffset = 0;
  /** Of the newest audio. */
  #timestamp = 0;
  #atMs = 0;
  /** The latest comfort noise that was passed. */
  readonly #noise = new Uint8Array(MAX_NOISE_OCTETS);
  #noiseOctets = 0;
  #noisePayloadType = 0;
  #inEvent = false;
  /** Where the latest event among our own packets began: at the source, and here. */
  #eventTimestamp = 0;
  #passedEventTimestamp = 0;

  constructor(sender: RtpSender, clockRateHz: number) {
    this.#sender = sender;
    this.#clockRateHz = clockRateHz;
  }

  /** Packets of our own come between: the next one passed is joined on behind them. */
  cut(): void {
    this.#joined = false;
  }

  /**
   * Writes a packet into `into`, which has room for it, and returns its length; 0 when its place has been taken.
   * `verdict` and `extendedSequence` are the receiver's.
   */
  pass(
    packet: RtpPacket,
    verdict: ReceiveVerdict,
    extendedSequence: number,
    content: PassedContent,
    payloadType: number,
    into: Uint8Array,
    nowMs: number,
  ): number {
    const isNewest = verdict !== 'reordered';
    if (this.#ssrc !== this.#sender.state.ssrc) this.#joined = false;
    if (isNewest) {
      if (!this.#continues(packet, verdict, content, nowMs)) this.#join(packet, extendedSequence, nowMs);
      if (content !== 'event') {
        this.#timestamp = packet.timestamp;
        this.#atMs = nowMs;
      }
    } else if (!this.#joined || extendedSequence < this.#first) {
      return 0;
    }
    const { octets, payloadOffset, payloadLength } = packet;
    const timestamp = (packet.timestamp + this.#timestampOffset) >>> 0;
    const at = this.#sender.writePassedHeader(
      into,
      payloadType,
      packet.marker,
      (extendedSequence + this.#sequenceOffset) & 0xffff,
      timestamp,
      payloadLength,
    );
    for (let i = 0; i < payloadLength; i++) into[at + i] = octets[payloadOffset + i]!;
    if (content === 'comfort-noise') this.#keepNoise(packet, payloadType);
    // What an event lasts is its sender's word; the media clock is ours.
    if (isNewest && content !== 'event') {
      this.#sender.follow(timestamp, content === 'audio' ? payloadLength : 0, nowMs);
    }
    return at + payloadLength;
  }

  /**
   * The same for an event that goes between packets of our own: it gets the next number, and stands where the stream
   * was when it began.
   */
  passEvent(
    packet: RtpPacket,
    verdict: ReceiveVerdict,
    payloadType: number,
    into: Uint8Array,
    nowMs: number,
  ): number {
    if (verdict === 'reordered') return 0;
    if (!this.#inEvent || packet.timestamp !== this.#eventTimestamp) {
      this.#sender.catchUp(nowMs, this.#clockRateHz);
      this.#eventTimestamp = packet.timestamp;
      this.#passedEventTimestamp = this.#sender.state.timestamp;
      this.#inEvent = true;
    }
    const { octets, payloadOffset, payloadLength, marker } = packet;
    const timestamp = this.#passedEventTimestamp;
    const at = this.#sender.writeEventHeader(into, payloadType, marker, timestamp, payloadLength);
    for (let i = 0; i < payloadLength; i++) into[at + i] = octets[payloadOffset + i]!;
    return at + payloadLength;
  }

  /** Says once more how the source's silence sounds, as a packet of our own; 0 when that is not known. */
  repeatNoise(into: Uint8Array, nowMs: number): number {
    if (this.#noiseOctets === 0) return 0;
    const sender = this.#sender;
    sender.catchUp(nowMs, this.#clockRateHz);
    this.#joined = false;
    const { timestamp } = sender.state;
    const at = sender.writeEventHeader(into, this.#noisePayloadType, false, timestamp, this.#noiseOctets);
    for (let i = 0; i < this.#noiseOctets; i++) into[at + i] = this.#noise[i]!;
    sender.follow(timestamp, 0, nowMs);
    return at + this.#noiseOctets;
  }

  /** A packet that the far end cannot take has its number among those it can: nobody is to miss it. */
  leaveOut(verdict: ReceiveVerdict, extendedSequence: number): void {
    if (verdict === 'reordered' || !this.#joined) return;
    if (verdict !== 'accepted') {
      this.#joined = false;
      return;
    }
    this.#sequenceOffset -= 1;
    this.#first = extendedSequence + 1;
  }

  #keepNoise({ octets, payloadOffset, payloadLength }: RtpPacket, payloadType: number): void {
    this.#noiseOctets = payloadLength <= MAX_NOISE_OCTETS ? payloadLength : 0;
    this.#noisePayloadType = payloadType;
    for (let i = 0; i < this.#noiseOctets; i++) this.#noise[i] = octets[payloadOffset + i]!;
  }

  #continues(packet: RtpPacket, verdict: ReceiveVerdict, content: PassedContent, nowMs: number): boolean {
    if (!this.#joined || verdict !== 'accepted') return false;
    const step = timestampDistance(this.#timestamp, packet.timestamp);
    if (content === 'event') return Math.abs(step) <= (MAX_EVENT_S + MAX_CLOCK_ERROR_S) * this.#clockRateHz;
    const elapsed = ((nowMs - this.#atMs) * this.#clockRateHz) / 1000;
    return step >= 0 && Math.abs(step - elapsed) <= MAX_CLOCK_ERROR_S * this.#clockRateHz;
  }

  #join(packet: RtpPacket, extendedSequence: number, nowMs: number): void {
    const { state } = this.#sender;
    this.#sender.catchUp(nowMs, this.#clockRateHz);
    this.#joined = true;
    this.#ssrc = state.ssrc;
    this.#first = extendedSequence;
    this.#sequenceOffset = state.sequenceNumber - extendedSequence;
    this.#timestampOffset = state.timestamp - packet.timestamp;
    this.#timestamp = packet.timestamp;
    this.#atMs = nowMs;
  }
}

/** More than any network holds a packet back and still delivers it in time to be of use. */
const MAX_CLOCK_ERROR_S = 1;
/** A level and as many coefficients as anybody sends (RFC 3389 section 3). */
const MAX_NOISE_OCTETS = 32;
/** The longest that one timestamp stands for (RFC 4733 section 2.5.1.3). */
const MAX_EVENT_S = 8.2;
