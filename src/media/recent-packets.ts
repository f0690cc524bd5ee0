import type { PayloadDecoder } from '../../codecs/codec.ts';
import type { Playout } from '../jitter/playout.ts';
import { RtpPacket } from '../rtp/packet.ts';
import { timestampDistance } from '../rtp/sequence.ts';
import { FRAME_MS, FRAME_TICKS, RTP_CLOCK_HZ } from './frame.ts';

/**
 * The audio packets that came last: what decoding goes on from when it takes over from passing packets as they are, and
 * where it has to arrive when it gives way.
 */
export class RecentPackets {
  readonly #packets: RtpPacket[];
  /** Of the newest. */
  #atMs = Number.NEGATIVE_INFINITY;
  /** How many lie here, in a row without loss; the newest in the last place. */
  #count = 0;

  constructor() {
    this.#packets = Array.from({ length: KEPT }, () => {
      const packet = new RtpPacket();
      packet.octets = new Uint8Array(MAX_OCTETS);
      return packet;
    });
  }

  get payloadType(): number | undefined {
    return this.#count === 0 ? undefined : this.#newest.payloadType;
  }

  /** Copies a packet that is newer than those before. */
  keep(packet: RtpPacket, nowMs: number): void {
    const { octets, payloadOffset, payloadLength } = packet;
    if (payloadLength > MAX_OCTETS || payloadLength === 0) {
      this.#count = 0;
      return;
    }
    const follows = this.#count > 0 && isNext(this.#newest, packet);
    const kept = this.#packets[0]!;
    for (let i = 1; i < KEPT; i++) this.#packets[i - 1] = this.#packets[i]!;
    this.#packets[KEPT - 1] = kept;
    this.#count = follows ? Math.min(KEPT, this.#count + 1) : 1;
    this.#atMs = nowMs;
    kept.payloadType = packet.payloadType;
    kept.sequenceNumber = packet.sequenceNumber;
    kept.timestamp = packet.timestamp;
    kept.ssrc = packet.ssrc;
    kept.payloadLength = payloadLength;
    kept.payloadOffset = 0;
    for (let i = 0; i < payloadLength; i++) kept.octets[i] = octets[payloadOffset + i]!;
  }

  forget(): void {
    this.#count = 0;
  }

  /** Whether they are of this moment, and anything would be missed if they were not gone on from. */
  isFresh(nowMs: number): boolean {
    return this.#count > 0 && nowMs - this.#atMs < FRESH_MS;
  }

  /**
   * Lets a new `playout` play them, so that what it plays next follows. Calls `heard` with each `frame` of it, the
   * last of which ends where the newest packet does.
   */
  replay(playout: Playout, frame: Int16Array, heard: (frame: Int16Array) => void): void {
    let first = KEPT - this.#count;
    const ticks = this.#ticksFrom(first);
    // Whole frames only: what is more is left out at the beginning.
    let cut = ticks % FRAME_TICKS;
    for (; first < KEPT && cut >= this.#packets[first]!.payloadLength; first++) {
      cut -= this.#packets[first]!.payloadLength;
    }
    const left = ticks - (ticks % FRAME_TICKS);
    if (left === 0) return;
    const oldest = this.#packets[first]!;
    oldest.payloadOffset += cut;
    oldest.payloadLength -= cut;
    oldest.timestamp = (oldest.timestamp + cut) >>> 0;
    const startMs = this.#atMs + (this.#newest.payloadLength - left) * MS_PER_TICK;
    // As evenly as they were sent: how the network carried them is not known from so few.
    for (let i = first, atMs = startMs; i < KEPT; i++) {
      playout.push(this.#packets[i]!, atMs);
      atMs += this.#packets[i]!.payloadLength * MS_PER_TICK;
    }
    for (let done = 0; done < left; done += FRAME_TICKS) {
      playout.pull(frame, startMs + UNTRIED_DELAY_MS + done * MS_PER_TICK);
      heard(frame);
    }
    this.#count = 0;
  }

  /** Writes the samples of the last 20 ms into `frame`; false when so much is not here. */
  decodeLatest(decoder: PayloadDecoder, frame: Int16Array): boolean {
    const scratch = new Int16Array((KEPT * MAX_OCTETS * frame.length) / FRAME_TICKS);
    let length = 0;
    for (let i = KEPT - this.#count; i < KEPT; i++) {
      const { octets, payloadOffset, payloadLength } = this.#packets[i]!;
      length += decoder.decode(octets, payloadOffset, payloadLength, scratch, length);
    }
    if (length < frame.length) return false;
    frame.set(scratch.subarray(length - frame.length, length));
    return true;
  }

  get #newest(): RtpPacket {
    return this.#packets[KEPT - 1]!;
  }

  #ticksFrom(first: number): number {
    const { timestamp, payloadLength } = this.#newest;
    return timestampDistance(this.#packets[first]!.timestamp, timestamp) + payloadLength;
  }
}

function isNext(before: RtpPacket, packet: RtpPacket): boolean {
  return (
    packet.ssrc === before.ssrc &&
    packet.payloadType === before.payloadType &&
    packet.sequenceNumber === ((before.sequenceNumber + 1) & 0xffff) &&
    timestampDistance(before.timestamp, packet.timestamp) === before.payloadLength
  );
}

/** Of the shortest packets more than a frame; of usual ones more than concealment looks back for. */
const KEPT = 4;
/** 120 ms, as in playout. */
const MAX_OCTETS = 960;
const MS_PER_TICK: number = 1000 / RTP_CLOCK_HZ;
/** A source that said nothing for so long has left nothing to go on from. */
const FRESH_MS: number = 3 * FRAME_MS + 60;
/** What a playout that knows nothing of the network waits for a packet, and a little, lest it wait longer. */
const UNTRIED_DELAY_MS = 45;
