/**
 * Adaptive playout of one inbound stream: packets go in as they come, a frame comes out every 20 ms.
 *
 * | the next packet                              | is answered by                                | delay          |
 * | -------------------------------------------- | --------------------------------------------- | -------------- |
 * | is here and its time has come                | its samples                                   | stays          |
 * | is not here, nor any later one               | concealment; the stream stands                | grows          |
 * | is not here, a later one is: lost            | concealment until the later one's time        | stays          |
 * | is here, its timestamp leapt: silence, DTMF  | silence or comfort noise until its time       | set to target  |
 * | is here, the delay is off its target         | its samples, a pitch period shorter or longer | goes to target |
 */
import type { PayloadDecoder } from '../../codecs/codec.ts';
import { invariant } from '../invariant.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import { Continuity } from './continuity.ts';
import { DelayControl } from './delay-control.ts';
import { DelayEstimator } from './delay-estimator.ts';
import { Filler } from './filler.ts';
import { PacketRing, SLOTS, type SlotContent } from './packet-ring.ts';
import { PlayoutLine } from './playout-line.ts';
import { emptyPlayoutStats, type PlayoutKind, type PlayoutStats } from './playout-stats.ts';
import { StreamPlace } from './stream-place.ts';

export class Playout {
  readonly stats: PlayoutStats = emptyPlayoutStats();
  readonly #samplesPerMs: number;
  readonly #samplesPerTick: number;
  readonly #frameSamples: number;
  readonly #maxLevelSamples: number;
  readonly #decoders: (PayloadDecoder | undefined)[] = new Array(128).fill(undefined);
  #comfortNoisePayloadType: number | undefined = undefined;

  readonly #continuity: Continuity;
  readonly #ring: PacketRing;
  readonly #delays: DelayEstimator;
  readonly #control: DelayControl = new DelayControl();
  readonly #line: PlayoutLine;
  readonly #filler: Filler;
  readonly #place: StreamPlace;

  /** The ring keeps a packet that may begin another stream. */
  #keptAside = false;
  /** Extended sequence numbers: to be decoded next, and the highest that came. */
  #nextSequence = 0;
  #highestSequence = 0;
  #highestTimestamp = 0;
  /** Of the last packet. */
  #payloadType = -1;
  /** Nothing of this stream has been decoded yet. */
  #fresh = true;
  /** The last sequence number taken was not audio's. */
  #afterOther = false;

  /** `rateHz` is the samples', `clockRateHz` that of the packets' timestamps, by which it can be divided. */
  constructor(options: { rateHz: number; clockRateHz?: number; minDelayMs?: number; maxDelayMs?: number }) {
    const { rateHz, clockRateHz = rateHz, minDelayMs = MIN_DELAY_MS, maxDelayMs = MAX_DELAY_MS } = options;
    this.#samplesPerMs = rateHz / 1000;
    this.#samplesPerTick = rateHz / clockRateHz;
    this.#frameSamples = FRAME_MS * this.#samplesPerMs;
    this.#maxLevelSamples = (maxDelayMs + FRAME_MS) * this.#samplesPerMs;
    this.#continuity = new Continuity(clockRateHz);
    this.#ring = new PacketRing((MAX_PACKET_MS * clockRateHz) / 1000);
    this.#delays = new DelayEstimator(minDelayMs, maxDelayMs);
    this.#line = new PlayoutLine(rateHz);
    this.#filler = new Filler(this.#line, this.stats);
    this.#place = new StreamPlace(this.stats, this.#frameSamples);
  }

  /**
   * The decoder gives samples at `rateHz`, for at most one tick of the clock per octet.
   * `undefined`: packets of this type are played as silence from now on.
   */
  setDecoder(payloadType: number, decoder: PayloadDecoder | undefined): void {
    this.#decoders[payloadType] = decoder;
  }

  /** The payload type of RFC 3389 comfort noise. */
  setComfortNoise(payloadType: number | undefined): void {
    this.#comfortNoisePayloadType = payloadType;
  }

  /** Copies the payload: the packet may be reused. */
  push(packet: RtpPacket, nowMs: number): void {
    const content = this.#contentOf(packet);
    if (content === 'other') this.skip(packet);
    else this.#admit(packet, content, nowMs);
  }

  /**
   * Tells of a packet that has its number among the audio's and is none, such as telephone-event: what is missing
   * from the audio was not lost, and is played as silence.
   */
  skip(packet: RtpPacket): void {
    if (this.#continuity.judgeOther(packet)) this.#put(packet, 'other');
  }

  /** Fills `frame`, exactly 20 ms, and says what most of it was. */
  pull(frame: Int16Array, nowMs: number): PlayoutKind {
    const wanted = this.#frameSamples;
    invariant(frame.length === wanted, 'a frame is 20 ms long');
    let filler = 0;
    if (this.#continuity.started) {
      this.#limitLevel();
      this.#adjustDelay(nowMs);
      while (this.#line.available < wanted) {
        if (!this.#decodeNext(nowMs)) filler += this.#fill(wanted - this.#line.available, nowMs);
      }
      this.stats.targetDelayMs = this.#delays.targetMs;
      if (!this.#line.filling) this.stats.currentDelayMs = this.#delayMs(nowMs);
    } else {
      filler = this.#filler.pause(wanted);
    }
    this.#line.read(frame);
    return filler * 2 >= wanted ? this.#filler.kind : 'decoded';
  }

  #admit(packet: RtpPacket, content: SlotContent, nowMs: number): void {
    switch (this.#continuity.judgeAudio(packet, nowMs)) {
      case 'first':
        this.#ring.putAside(packet, content);
        this.#startStream();
        break;
      case 'fits':
        this.#refuseAside();
        this.#insert(packet, content, nowMs);
        break;
      case 'aside':
        this.#refuseAside();
        this.#ring.putAside(packet, content);
        this.#keptAside = true;
        break;
      case 'resync':
        this.stats.resyncs++;
        this.#startStream();
        this.#admit(packet, content, nowMs);
        break;
    }
  }

  #refuseAside(): void {
    if (this.#keptAside) this.stats.refused++;
    this.#keptAside = false;
  }

  #contentOf(packet: RtpPacket): SlotContent {
    const { payloadType, payloadLength } = packet;
    const comfortNoise = payloadType === this.#comfortNoisePayloadType;
    if (!comfortNoise && (this.#decoders[payloadType] === undefined || payloadLength === 0)) return 'other';
    if (payloadLength > this.#ring.slotOctets) {
      this.stats.refused++;
      return 'other';
    }
    return comfortNoise ? 'comfort-noise' : 'audio';
  }

  /** Begins with the packet that was put aside. */
  #startStream(): void {
    const { sequence, arrivalMs } = this.#continuity;
    const timestamp = this.#timestamp;
    this.#keptAside = false;
    for (const decoder of this.#decoders) decoder?.reset?.();
    this.#ring.restartWithAside(sequence, timestamp);
    this.#delays.rebase();
    this.#delays.update(arrivalMs, timestamp / this.#samplesPerMs);
    this.#nextSequence = sequence;
    this.#highestSequence = sequence;
    this.#highestTimestamp = timestamp;
    this.#fresh = true;
    this.#place.restart();
    this.#filler.noisy = false;
    this.#afterOther = false;
  }

  #insert(packet: RtpPacket, content: SlotContent, nowMs: number): void {
    const timestamp = this.#timestamp;
    if (!this.#put(packet, content)) return;
    this.#delays.update(nowMs, timestamp / this.#samplesPerMs);
    if (timestamp > this.#highestTimestamp) this.#highestTimestamp = timestamp;
  }

  /** False for a duplicate. */
  #put(packet: RtpPacket, content: SlotContent): boolean {
    const { sequence } = this.#continuity;
    if (this.#ring.hasSeen(sequence)) {
      if (content !== 'other') this.stats.duplicate++;
      return false;
    }
    if (sequence < this.#nextSequence) {
      if (!this.#fresh || sequence <= this.#highestSequence - SLOTS) {
        if (content !== 'other') this.stats.late++;
        return true;
      }
      this.#nextSequence = sequence;
    }
    if (sequence < this.#highestSequence) this.stats.reordered++;
    else this.#highestSequence = sequence;
    while (sequence >= this.#nextSequence + SLOTS) this.#dropNext();
    this.#ring.put(packet, content, sequence, this.#timestamp);
    return true;
  }

  #dropNext(): void {
    if (this.#ring.contentAt(this.#nextSequence) === 'audio') this.stats.overflow++;
    this.#ring.take(this.#nextSequence++);
  }

  /** The oldest packets go when more waits than the longest delay allows. */
  #limitLevel(): void {
    let next = this.#firstWaiting();
    if (next < 0) return;
    const end = this.#highestTimestamp + this.#place.packetSamples;
    const earliest = end + this.#line.available - this.#maxLevelSamples;
    if (this.#ring.timestampAt(next) >= earliest) return;
    while (next >= 0 && this.#ring.timestampAt(next) < earliest) {
      while (this.#nextSequence <= next) this.#dropNext();
      next = this.#firstWaiting();
    }
    this.#place.leapTo(next < 0 ? end : this.#ring.timestampAt(next));
    this.#line.startFilling();
  }

  /** Makes the line a pitch period shorter or longer, when the delay is off its target and the sound permits. */
  #adjustDelay(nowMs: number): void {
    if (this.#place.suppressed || this.#line.filling) return;
    const errorMs = this.#delayMs(nowMs) - this.#delays.targetMs;
    const direction = this.#control.direction(errorMs, nowMs);
    if (direction === 'none') return;
    const needed = direction === 'shorten' ? this.#line.shortenNeeds : this.#line.lengthenNeeds;
    while (this.#line.available < needed) if (!this.#decodeNext(nowMs)) return;
    this.#control.tried(errorMs, nowMs);
    const longest = Math.min(
      this.#control.longestStepMs(errorMs) * this.#samplesPerMs,
      this.#line.maxStepSamples,
    );
    const minCorrelation = this.#control.minCorrelation(errorMs);
    if (direction === 'shorten') this.stats.compressedSamples += this.#line.shorten(longest, minCorrelation);
    else this.stats.expandedSamples += this.#line.lengthen(longest, minCorrelation);
  }

  /** Appends the next packet's samples; false when it is not here or its time has not come. */
  #decodeNext(nowMs: number): boolean {
    for (; this.#nextSequence <= this.#highestSequence; this.#ring.take(this.#nextSequence++)) {
      const content = this.#ring.contentAt(this.#nextSequence);
      if (content === undefined) return false;
      if (content === 'other') {
        this.#afterOther = true;
        continue;
      }
      const timestamp = this.#ring.timestampAt(this.#nextSequence);
      this.#follow(timestamp, nowMs);
      if (timestamp > this.#place.position) return false;
      if (content === 'comfort-noise') {
        this.#takeComfortNoise();
        continue;
      }
      if (!this.#decode(timestamp)) continue;
      this.#ring.take(this.#nextSequence++);
      return true;
    }
    return false;
  }

  /** False when nothing is left of the packet to play. */
  #decode(timestamp: number): boolean {
    const ring = this.#ring;
    const slot = ring.slotOf(this.#nextSequence);
    const payloadType = ring.payloadTypes[slot]!;
    const decoder = this.#decoders[payloadType];
    if (decoder === undefined) return false;
    // Another codec begins with an encoder of its own, and does not follow from the one before to the sample.
    if (!this.#fresh && payloadType !== this.#payloadType) {
      decoder.reset?.();
      this.#line.startFilling();
    }
    this.#payloadType = payloadType;
    const length = ring.payloadLengths[slot]!;
    const room = ring.slotOctets * this.#samplesPerTick;
    const count = this.#line.decode(decoder, ring.octets, slot * ring.slotOctets, length, room);
    const late = this.#place.lateOf(timestamp);
    if (late >= count) {
      this.stats.late++;
      return false;
    }
    this.#line.append(count, late);
    this.#place.played(timestamp, count);
    this.#fresh = false;
    this.#filler.noisy = false;
    this.#afterOther = false;
    return true;
  }

  #takeComfortNoise(): void {
    const ring = this.#ring;
    const slot = ring.slotOf(this.#nextSequence);
    this.#line.comfortNoise.update(ring.octets, slot * ring.slotOctets, ring.payloadLengths[slot]!);
    this.#filler.noisy = true;
    this.#place.suppressed = true;
  }

  /** Appends up to `missing` samples in place of audio, or as many as come before the next packet's time. */
  #fill(missing: number, nowMs: number): number {
    const place = this.#place;
    const next = this.#firstWaiting();
    if (next < 0) {
      if (this.#afterOther) place.suppressed = true;
      if (place.suppressed) return this.#filler.pause(missing);
      place.stand(missing);
      return this.#filler.conceal(missing);
    }
    const timestamp = this.#ring.timestampAt(next);
    if (!place.suppressed) place.judgeGap(timestamp, this.#ring.countMissing(this.#nextSequence, next));
    this.#follow(timestamp, nowMs);
    const count = Math.min(missing, timestamp - place.position);
    if (count <= 0) {
      this.#nextSequence = next;
      return 0;
    }
    if (place.suppressed) return this.#filler.pause(count);
    place.pass(count);
    return this.#filler.conceal(count);
  }

  /** In the sender's silence the position is where the delay is its target, until the time of the next packet. */
  #follow(timestamp: number, nowMs: number): void {
    const place = this.#place;
    if (place.suppressed) place.position = Math.min(timestamp, this.#duePosition(nowMs));
  }

  /** The first audio or comfort noise from the next sequence number on, or -1. */
  #firstWaiting(): number {
    for (let sequence = this.#nextSequence; sequence <= this.#highestSequence; sequence++) {
      const content = this.#ring.contentAt(sequence);
      if (content !== undefined && content !== 'other') return sequence;
    }
    return -1;
  }

  /** Of the packet last judged to fit, in samples. */
  get #timestamp(): number {
    return this.#continuity.timestamp * this.#samplesPerTick;
  }

  /** What the quickest packets are delayed by, from arrival to the sample that is read next. */
  #delayMs(nowMs: number): number {
    return nowMs - this.#delays.baseMs - (this.#place.position - this.#line.available) / this.#samplesPerMs;
  }

  /** The position at which the delay would be the target. */
  #duePosition(nowMs: number): number {
    const delayedMs = nowMs - this.#delays.baseMs - this.#delays.targetMs;
    return Math.round(delayedMs * this.#samplesPerMs) + this.#line.available;
  }
}

const FRAME_MS = 20;
const MIN_DELAY_MS = 20;
/** Of conversation nothing is left beyond half a second each way (ITU-T G.114). */
const MAX_DELAY_MS = 500;
/** Longer packets are refused. */
const MAX_PACKET_MS = 120;
