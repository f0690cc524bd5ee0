import { createResampler, type Resampler } from '../audio/resampler.ts';
import type { RtpPacket } from '../rtp/packet.ts';
import type { ReceiveVerdict } from '../rtp/receiver.ts';
import { RtpRelay } from '../rtp/relay.ts';
import { DatagramRing } from './datagram-ring.ts';
import { FRAME_MS, RTP_CLOCK_HZ } from './frame.ts';
import type { Inbound, InboundContent } from './inbound.ts';
import type { Outbound } from './outbound.ts';
import { PacketRate } from './packet-rate.ts';
import { isPassable } from './payload-codec.ts';
import { RecentPackets } from './recent-packets.ts';
import { crossFade, isQuiet, levelDb } from './sound-level.ts';

/**
 * One direction of two joined legs: what the source's phone says goes to the target's phone.
 *
 * | the target's mixer | codecs   | the source | the target sends                                                |
 * | ------------------ | -------- | ---------- | --------------------------------------------------------------- |
 * | has nothing        | the same | talks      | passing: each packet as it came, when it comes                  |
 * | plays              | any      | any        | mixing: a frame each tick, the source decoded under the mixer's |
 * | any                | differ   | any        | mixing                                                          |
 * | any                | G.722    | any        | mixing: its decoders keep in step with one encoder              |
 * | any                | linear   | any        | mixing: what came without RTP has nothing to pass               |
 * | any                | any      | is silent  | mixing                                                          |
 *
 * It changes without a gap and without a click: decoding goes on from the packets last passed, and gives way where the
 * packet last received ends.
 */
export class Passage {
  /** A packet of the source that is to leave at once on the target's side; taken away by whoever sends it. */
  passed: Uint8Array | undefined = undefined;
  readonly #source: Inbound;
  readonly #target: Outbound;
  readonly #relay: RtpRelay;
  readonly #datagrams = new DatagramRing();
  readonly #recent = new RecentPackets();
  readonly #rate = new PacketRate();
  readonly #resampler: Resampler;
  /** The source's latest 20 ms, and the same at the target's rate. */
  readonly #frame: Int16Array;
  readonly #targetFrame: Int16Array;
  #mode: 'passing' | 'mixing' = 'passing';
  /** The source's packets are decoded, for the mixer or for those who listen. */
  #isDecoding = true;
  /** `#frame` has not been given to the source's own listeners. */
  #frameIsNew = false;
  /** The source has said that it will be silent, or sends what the target cannot take. */
  #pause: 'none' | 'noise' | 'unfilled' = 'none';
  #sentAtMs: number;
  /** Since the target's latest tick an event has left in the place of its next frame. */
  #isFrameReplaced = false;
  /** Audio of the latest packet. */
  #packetMs: number = FRAME_MS;
  /** Ticks since passing became possible again. */
  #idleTicks = 0;

  constructor(source: Inbound, target: Outbound, nowMs: number) {
    this.#source = source;
    this.#target = target;
    this.#relay = new RtpRelay(target.sender, RTP_CLOCK_HZ);
    this.#resampler = createResampler(source.frames.rateHz, target.frames.rateHz);
    this.#frame = new Int16Array(source.frames.samples);
    this.#targetFrame = new Int16Array(target.frames.samples);
    this.#sentAtMs = nowMs - FRAME_MS;
  }

  get isDecoding(): boolean {
    return this.#isDecoding;
  }

  /** How loud the source was in the target's latest tick; known while anybody listens on either side. */
  get speechDb(): number {
    return this.#mode === 'mixing' ? this.#target.speechDb : levelDb(this.#frame);
  }

  /** Takes a packet of the source, in order of arrival. What is to be sent of it lies in `passed`. */
  receive(
    packet: RtpPacket,
    content: InboundContent,
    verdict: ReceiveVerdict,
    sequence: number,
    nowMs: number,
  ): void {
    if (verdict === 'unproven') return;
    if (!this.#target.isSilent) {
      const payloadType = this.#payloadTypeFor(packet, content);
      if (this.#mode === 'passing' && payloadType === undefined && content !== 'unknown') {
        this.#beginMixing(nowMs);
      }
      if (this.#mode === 'passing') this.#pass(packet, content, payloadType, verdict, sequence, nowMs);
      else if (content === 'event') this.#passAmongFrames(packet, verdict, nowMs);
    }
    if (content === 'audio' && verdict !== 'reordered') {
      this.#recent.keep(packet, nowMs);
      this.#packetMs = (packet.payloadLength * 1000) / RTP_CLOCK_HZ;
      this.#pause = 'none';
    } else if (content === 'comfort-noise' || content === 'event') {
      const isTaken = this.#mode === 'passing';
      this.#pause = isTaken ? (content === 'event' ? 'none' : 'noise') : 'unfilled';
    }
  }

  /** The source leg's 20 ms, for those who listen to it there or hear with the target's ears. */
  giveFrame(frame: Int16Array, isListenedTo: boolean, nowMs: number): void {
    if (this.#mode === 'mixing') {
      if (this.#frameIsNew) frame.set(this.#frame);
      else frame.fill(0);
      this.#frameIsNew = false;
      return;
    }
    if (isListenedTo && !this.#isDecoding) this.#source.restart();
    this.#isDecoding = isListenedTo;
    if (isListenedTo) this.#source.pull(this.#frame, nowMs);
    else this.#frame.fill(0);
    frame.set(this.#frame);
  }

  /** The target's next 20 ms: the datagram to send, if any. */
  tick(nowMs: number): Uint8Array | undefined {
    const target = this.#target;
    if (target.isSilent) {
      this.#passFromNowOn();
      this.#recent.forget();
      return target.tick(nowMs);
    }
    const mayPass = this.#mayPass(nowMs);
    if (this.#mode === 'passing') {
      if (mayPass) {
        this.#showWhatPasses();
        return this.#keepNoiseAlive(nowMs);
      }
      this.#beginMixing(nowMs);
    }
    this.#idleTicks = mayPass ? this.#idleTicks + 1 : 0;
    if (nowMs - this.#sentAtMs < FRAME_MS - SLACK_MS) {
      // A packet has just been passed: a frame would come before its time.
      this.#showWhatPasses();
      if (this.#isFrameReplaced) target.skip(1, nowMs);
      this.#isFrameReplaced = false;
      return undefined;
    }
    return this.#mix(nowMs);
  }

  /** The beat left out so many of the target's ticks. */
  skip(ticks: number, nowMs: number): void {
    // Packets that pass keep the source's time.
    if (this.#mode === 'mixing' || this.#target.isSilent) this.#target.skip(ticks, nowMs);
  }

  /** The legs part: the source's phone is heard by its own leg again. */
  end(): void {
    if (!this.#isDecoding) this.#source.restart();
  }

  #mayPass(nowMs: number): boolean {
    const source = this.#source;
    const isFlowing =
      this.#pause === 'noise' ||
      (this.#pause === 'none' && nowMs - source.heardAtMs <= this.#packetMs + PATIENCE_MS);
    const { payloadType = source.payloadType } = this.#recent;
    return (
      isFlowing &&
      source.expectsMedia &&
      payloadType === source.payloadType &&
      source.codec === this.#target.codecTaken &&
      isPassable(source.codec)
    );
  }

  /** Under which type a packet may go to the target as it is. */
  #payloadTypeFor(packet: RtpPacket, content: InboundContent): number | undefined {
    const { codec, payloadType } = this.#source;
    if (content === 'unknown' || codec !== this.#target.codec || !isPassable(codec)) return undefined;
    if (content === 'audio' && packet.payloadType !== payloadType) return undefined;
    return this.#target.payloadTypeOf(content);
  }

  #pass(
    packet: RtpPacket,
    content: InboundContent,
    payloadType: number | undefined,
    verdict: ReceiveVerdict,
    sequence: number,
    nowMs: number,
  ): void {
    const fits = packet.payloadLength <= MAX_PAYLOAD_OCTETS;
    if (content === 'unknown' || payloadType === undefined || !fits || !this.#rate.spend(nowMs)) {
      this.#relay.leaveOut(verdict, sequence);
      return;
    }
    const into = this.#datagrams.next();
    const length = this.#relay.pass(packet, verdict, sequence, content, payloadType, into, nowMs);
    this.#leave(length, nowMs);
  }

  #passAmongFrames(packet: RtpPacket, verdict: ReceiveVerdict, nowMs: number): void {
    const payloadType = this.#target.payloadTypeOf('event');
    if (payloadType === undefined || packet.payloadLength > MAX_PAYLOAD_OCTETS) return;
    if (!this.#rate.spend(nowMs)) return;
    const length = this.#relay.passEvent(packet, verdict, payloadType, this.#datagrams.next(), nowMs);
    this.#leave(length, nowMs);
    if (length > 0) this.#isFrameReplaced = true;
  }

  #leave(length: number, nowMs: number): void {
    if (length === 0) return;
    this.passed = this.#datagrams.take(length);
    this.#sentAtMs = nowMs;
  }

  /** A silence that the far end fills by itself is not so long that anybody on the way forgets the stream. */
  #keepNoiseAlive(nowMs: number): Uint8Array | undefined {
    if (this.#pause !== 'noise' || nowMs - this.#sentAtMs < NOISE_AGAIN_MS) return undefined;
    const length = this.#relay.repeatNoise(this.#datagrams.next(), nowMs);
    this.#sentAtMs = nowMs;
    return length === 0 ? undefined : this.#datagrams.take(length);
  }

  #beginMixing(nowMs: number): void {
    this.#mode = 'mixing';
    this.#isFrameReplaced = false;
    this.#idleTicks = 0;
    this.#relay.cut();
    if (!this.#recent.isFresh(nowMs)) {
      if (!this.#isDecoding) this.#source.restart();
    } else {
      const playout = this.#source.restart();
      this.#recent.replay(playout, this.#frame, () => this.#target.hear(this.#targetFrame, this.#resample()));
    }
    this.#isDecoding = true;
    this.#frameIsNew = false;
  }

  #mix(nowMs: number): Uint8Array | undefined {
    const target = this.#target;
    this.#source.pull(this.#frame, nowMs);
    this.#frameIsNew = true;
    const ends = this.#idleTicks > 0 && (this.#idleTicks >= WAIT_TICKS || isQuiet(this.#frame));
    if (ends && this.#recent.isFresh(nowMs)) this.#arrive();
    target.mixer.joined.push(this.#targetFrame, 0, this.#resample());
    target.sender.catchUp(nowMs, RTP_CLOCK_HZ);
    this.#sentAtMs = nowMs;
    this.#isFrameReplaced = false;
    const datagram = target.tick(nowMs);
    if (ends) this.#passFromNowOn();
    return datagram;
  }

  /** Lets the frame end where the packet last received does. */
  #arrive(): void {
    const latest = new Int16Array(this.#frame.length);
    if (this.#recent.decodeLatest(this.#source.createDecoder(), latest)) crossFade(this.#frame, latest);
  }

  #passFromNowOn(): void {
    this.#mode = 'passing';
    this.#relay.cut();
    this.#target.mixer.joined.flush();
  }

  /** For those who hear with the target's ears. */
  #showWhatPasses(): void {
    const { outbound } = this.#target.frames;
    if (!this.#isDecoding) outbound.fill(0);
    else this.#resampler.process(this.#frame, 0, this.#frame.length, outbound, 0);
  }

  #resample(): number {
    const { length } = this.#frame;
    return this.#resampler.process(this.#frame, 0, length, this.#targetFrame, 0);
  }
}

/** 120 ms. */
const MAX_PAYLOAD_OCTETS = 960;
/** A source of which nothing is heard for so long beyond its latest packet is silent; what is late is not. */
const PATIENCE_MS = 100;
const NOISE_AGAIN_MS = 1000;
/** Decoding waits for a pause in which to give way, and no longer than half a second. */
const WAIT_TICKS = 25;
/** The beat says when a tick was due, the network when a packet came: clocks of different grain. */
const SLACK_MS = 0.5;
