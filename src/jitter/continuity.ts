import type { RtpPacket } from '../rtp/packet.ts';
import { sequenceDistance, timestampDistance } from '../rtp/sequence.ts';

/**
 * Says whether a packet continues the stream that is played, and extends its wrapping numbers.
 *
 * A packet fits when its SSRC is the stream's, its sequence number is near, and its timestamp advanced about as
 * much as time did. One that does not is the first of a new stream only if the next one follows from it and
 * nothing of the old stream comes between; and a stream is not left again within a second.
 */
export class Continuity {
  /** Of the packet last judged to fit. Unwrapped: they only grow with the stream. */
  sequence = 0;
  timestamp = 0;

  readonly #rateHz: number;
  #ssrc = 0;
  #started = false;
  #highest = 0;
  #lastTimestamp = 0;
  #lastArrivalMs = 0;

  #candidate = false;
  #candidateSsrc = 0;
  #candidateSequence = 0;
  #candidateTimestamp = 0;
  #candidateArrivalMs = 0;
  #resyncedMs: number = Number.NEGATIVE_INFINITY;

  constructor(rateHz: number) {
    this.#rateHz = rateHz;
  }

  /** When the stream's last audio packet came, ms. */
  get arrivalMs(): number {
    return this.#lastArrivalMs;
  }

  get started(): boolean {
    return this.#started;
  }

  /**
   * `first`: begins the first stream. `aside`: may begin another one; keep it. `resync`: the packet kept aside did
   * begin one, and this one, judged again, fits it.
   */
  judgeAudio(packet: RtpPacket, nowMs: number): 'first' | 'fits' | 'aside' | 'resync' {
    if (!this.#started) {
      this.#start(packet.ssrc, packet.sequenceNumber, packet.timestamp, nowMs);
      return 'first';
    }
    if (this.#isNear(packet)) {
      const step = timestampDistance(this.#lastTimestamp >>> 0, packet.timestamp);
      if (this.#isTimely(step, nowMs - this.#lastArrivalMs)) {
        this.#extend(packet, this.#lastTimestamp + step);
        this.#lastTimestamp = this.timestamp;
        this.#lastArrivalMs = nowMs;
        this.#candidate = false;
        return 'fits';
      }
    }
    if (this.#followsCandidate(packet, nowMs) && nowMs - this.#resyncedMs >= RESYNC_INTERVAL_MS) {
      this.#start(
        this.#candidateSsrc,
        this.#candidateSequence,
        this.#candidateTimestamp,
        this.#candidateArrivalMs,
      );
      this.#resyncedMs = nowMs;
      return 'resync';
    }
    this.#candidate = true;
    this.#candidateSsrc = packet.ssrc;
    this.#candidateSequence = packet.sequenceNumber;
    this.#candidateTimestamp = packet.timestamp;
    this.#candidateArrivalMs = nowMs;
    return 'aside';
  }

  /** Whether a packet that is not audio takes a sequence number of this stream; its timestamp is not looked at. */
  judgeOther(packet: RtpPacket): boolean {
    if (!this.#started || !this.#isNear(packet)) return false;
    this.#extend(packet, this.#lastTimestamp);
    return true;
  }

  #isNear(packet: RtpPacket): boolean {
    if (packet.ssrc !== this.#ssrc) return false;
    const distance = sequenceDistance(this.#highest & 0xffff, packet.sequenceNumber);
    return distance > -MAX_MISORDER && distance < MAX_DROPOUT;
  }

  #isTimely(timestampStep: number, elapsedMs: number): boolean {
    return Math.abs((timestampStep * 1000) / this.#rateHz - elapsedMs) <= MAX_TIMESTAMP_ERROR_MS;
  }

  #followsCandidate(packet: RtpPacket, nowMs: number): boolean {
    return (
      this.#candidate &&
      packet.ssrc === this.#candidateSsrc &&
      packet.sequenceNumber === ((this.#candidateSequence + 1) & 0xffff) &&
      this.#isTimely(
        timestampDistance(this.#candidateTimestamp, packet.timestamp),
        nowMs - this.#candidateArrivalMs,
      )
    );
  }

  #start(ssrc: number, sequenceNumber: number, timestamp: number, arrivalMs: number): void {
    this.#started = true;
    this.#candidate = false;
    this.#ssrc = ssrc;
    // One turn up, so that packets before the first have numbers too.
    this.sequence = SEQUENCE_TURN + sequenceNumber;
    this.#highest = this.sequence;
    this.timestamp = TIMESTAMP_TURN + timestamp;
    this.#lastTimestamp = this.timestamp;
    this.#lastArrivalMs = arrivalMs;
  }

  #extend(packet: RtpPacket, timestamp: number): void {
    const distance = sequenceDistance(this.#highest & 0xffff, packet.sequenceNumber);
    this.sequence = this.#highest + distance;
    if (distance > 0) this.#highest = this.sequence;
    this.timestamp = timestamp;
  }
}

/** RFC 3550 appendix A.1. */
const MAX_DROPOUT = 3000;
const MAX_MISORDER = 100;
/** More than any network holds a packet back and still delivers it in time to be of use. */
const MAX_TIMESTAMP_ERROR_MS = 1000;
const RESYNC_INTERVAL_MS = 1000;
const SEQUENCE_TURN = 0x10000;
const TIMESTAMP_TURN = 0x100000000;
