/**
 * One inbound RTP stream: which packets belong to it, in what order, and how well the network carries them.
 * @see RFC 3550 section 6.4.1, appendix A.1 (validity), A.3 (loss), A.8 (jitter)
 */
import type { RtpPacket } from './packet.ts';
import type { ReportBlock } from './rtcp.ts';
import { sequenceDistance } from './sequence.ts';

/**
 * What a packet is to the stream:
 *
 * | verdict      | meaning                                                        | play it |
 * | ------------ | -------------------------------------------------------------- | ------- |
 * | `new-source` | the first of an SSRC: what was buffered is of another stream   | yes     |
 * | `restarted`  | same SSRC, but its sequence numbers began anew                 | yes     |
 * | `accepted`   | the newest so far                                              | yes     |
 * | `reordered`  | older than the newest, and not seen before                     | yes     |
 * | `duplicate`  | seen before                                                    | no      |
 * | `unproven`   | of another SSRC or far out of sequence, without evidence yet   | no      |
 */
export type ReceiveVerdict = 'new-source' | 'restarted' | 'accepted' | 'reordered' | 'duplicate' | 'unproven';

/** Counts since the receiver was made, over every source it followed. */
export interface ReceiverStatistics {
  packets: number;
  /** Of payload. */
  octets: number;
  reordered: number;
  duplicates: number;
  unproven: number;
  /** How often another source, or a new run of sequence numbers, was followed. */
  restarts: number;
}

export class RtpReceiver {
  readonly statistics: ReceiverStatistics = {
    packets: 0,
    octets: 0,
    reordered: 0,
    duplicates: 0,
    unproven: 0,
    restarts: 0,
  };
  /** Of the source followed now; undefined before the first packet. */
  ssrc: number | undefined = undefined;
  /** Of the packet `receive` was last given, valid unless the verdict was `unproven`. */
  extendedSequence = 0;

  readonly #clockRateHz: number;
  #baseSequence = 0;
  #highestSequence = 0;
  #receivedFromSource = 0;
  #lostEarlier = 0;
  readonly #seen: Int32Array = new Int32Array(SEEN_SLOTS);

  #candidateSsrc = 0;
  #candidateNext = NO_CANDIDATE;
  #restartCredit = RESTART_BURST;
  #creditedAtMs = 0;

  #transit = 0;
  #transitKnown = false;
  /** Sixteen times the jitter, in timestamp units. */
  #scaledJitter = 0;

  #expectedPrior = 0;
  #receivedPrior = 0;

  constructor(clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
  }

  /** `timed` is false for telephone events, whose timestamp stands still and would count as jitter. */
  receive(packet: RtpPacket, nowMs: number, timed = true): ReceiveVerdict {
    if (this.ssrc === undefined) return this.#follow(packet, nowMs, timed, 'new-source');

    if (packet.ssrc !== this.ssrc) return this.#consider(packet, nowMs, timed);
    const distance = sequenceDistance(this.#highestSequence & 0xffff, packet.sequenceNumber);
    if (distance >= MAX_DROPOUT || distance <= -MAX_MISORDER) return this.#consider(packet, nowMs, timed);

    this.#candidateNext = NO_CANDIDATE;
    const extended = this.#highestSequence + distance;
    this.extendedSequence = extended;
    const slot = extended & (SEEN_SLOTS - 1);
    const duplicate = distance <= 0 && this.#seen[slot] === extended;
    // A.3: "the number of packets received includes any that are late or duplicates"
    this.#count(packet);
    if (duplicate) {
      this.statistics.duplicates++;
      return 'duplicate';
    }
    this.#seen[slot] = extended;
    if (timed) this.#measureJitter(packet.timestamp, nowMs);
    if (distance < 0) {
      this.statistics.reordered++;
      return 'reordered';
    }
    this.#highestSequence = extended;
    return 'accepted';
  }

  /** Packets expected and never received; negative when there were more duplicates than losses (A.3). */
  get lost(): number {
    return this.#lostEarlier + this.#lostFromSource();
  }

  /** Interarrival jitter in timestamp units (A.8). */
  get jitter(): number {
    return this.#scaledJitter >> 4;
  }

  get jitterMs(): number {
    return (this.#scaledJitter / 16 / this.#clockRateHz) * 1000;
  }

  /**
   * Fills the reception fields of a report block and starts the next reporting interval.
   * False, with nothing filled, when no source has been heard.
   */
  report(into: ReportBlock): boolean {
    if (this.ssrc === undefined) return false;
    const expected = this.#expectedFromSource();
    const expectedInterval = expected - this.#expectedPrior;
    const lostInterval = expectedInterval - (this.#receivedFromSource - this.#receivedPrior);
    this.#expectedPrior = expected;
    this.#receivedPrior = this.#receivedFromSource;

    into.ssrc = this.ssrc;
    into.fractionLost =
      expectedInterval <= 0 || lostInterval <= 0
        ? 0
        : Math.min(255, ((lostInterval * 256) / expectedInterval) | 0);
    into.cumulativeLost = Math.max(-0x800000, Math.min(0x7fffff, this.#lostFromSource()));
    into.extendedHighestSequence = this.#highestSequence >>> 0;
    into.jitter = this.jitter;
    return true;
  }

  /**
   * A packet that does not continue the stream. Two in a row, or a marker, are evidence of a new one; a stray
   * between packets of the stream is none. Restarts are rationed, so that nobody keeps the playout resetting.
   */
  #consider(packet: RtpPacket, nowMs: number, timed: boolean): ReceiveVerdict {
    const proven =
      packet.marker || (packet.ssrc === this.#candidateSsrc && packet.sequenceNumber === this.#candidateNext);
    this.#candidateSsrc = packet.ssrc;
    this.#candidateNext = (packet.sequenceNumber + 1) & 0xffff;
    if (!proven || !this.#spendRestart(nowMs)) {
      this.statistics.unproven++;
      return 'unproven';
    }
    this.statistics.restarts++;
    return this.#follow(packet, nowMs, timed, packet.ssrc === this.ssrc ? 'restarted' : 'new-source');
  }

  #follow(
    packet: RtpPacket,
    nowMs: number,
    timed: boolean,
    verdict: 'new-source' | 'restarted',
  ): ReceiveVerdict {
    this.#lostEarlier = this.lost;
    this.ssrc = packet.ssrc;
    this.#baseSequence = packet.sequenceNumber;
    this.#highestSequence = packet.sequenceNumber;
    this.extendedSequence = packet.sequenceNumber;
    this.#receivedFromSource = 0;
    this.#expectedPrior = 0;
    this.#receivedPrior = 0;
    this.#candidateNext = NO_CANDIDATE;
    this.#seen.fill(UNSEEN);
    this.#seen[packet.sequenceNumber & (SEEN_SLOTS - 1)] = packet.sequenceNumber;
    if (verdict === 'new-source') this.#scaledJitter = 0;
    this.#transitKnown = false;
    if (timed) this.#measureJitter(packet.timestamp, nowMs);
    this.#count(packet);
    return verdict;
  }

  #spendRestart(nowMs: number): boolean {
    const earned = (nowMs - this.#creditedAtMs) / RESTART_EVERY_MS;
    this.#restartCredit = Math.min(RESTART_BURST, this.#restartCredit + earned);
    this.#creditedAtMs = nowMs;
    if (this.#restartCredit < 1) return false;
    this.#restartCredit--;
    return true;
  }

  #count(packet: RtpPacket): void {
    this.#receivedFromSource++;
    this.statistics.packets++;
    this.statistics.octets += packet.payloadLength;
  }

  #measureJitter(timestamp: number, nowMs: number): void {
    const arrival = Math.floor((nowMs * this.#clockRateHz) / 1000);
    const transit = (arrival - timestamp) | 0;
    const difference = Math.abs((transit - this.#transit) | 0);
    this.#transit = transit;
    if (!this.#transitKnown) {
      this.#transitKnown = true;
      return;
    }
    // A sender's clock that jumps (hold, restart) says nothing of the network.
    if (difference > MAX_TRANSIT_STEP_S * this.#clockRateHz) return;
    this.#scaledJitter += difference - ((this.#scaledJitter + 8) >> 4);
  }

  #expectedFromSource(): number {
    return this.#highestSequence - this.#baseSequence + 1;
  }

  #lostFromSource(): number {
    return this.ssrc === undefined ? 0 : this.#expectedFromSource() - this.#receivedFromSource;
  }
}

/** A.1: a gap as long as this (one minute of 20 ms packets) is a restart, not loss. */
const MAX_DROPOUT = 3000;

/** A.1: a packet this far behind is of another run of sequence numbers. */
const MAX_MISORDER = 100;

/** A power of two above `MAX_MISORDER`. */
const SEEN_SLOTS = 128;

/** No extended sequence number: they begin at most `MAX_MISORDER` below 0. */
const UNSEEN = -0x80000000;

/** No sequence number. */
const NO_CANDIDATE = -1;

/** Enough for a gateway that sends a key press under an SSRC of its own and comes back. */
const RESTART_BURST = 3;

const RESTART_EVERY_MS = 1000;

const MAX_TRANSIT_STEP_S = 5;
