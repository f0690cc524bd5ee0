/**
 * Key presses out of telephone events: one digit for each press, whatever the sender's habits and the
 * network's losses.
 * @see RFC 4733
 */
import type { RtpPacket } from './packet.ts';
import { sequenceDistance, timestampDistance } from './sequence.ts';

export interface KeyPress {
  /** One of 0-9 * # A-D. */
  readonly digit: string;
  readonly durationMs: number;
}

/** Why an event packet says nothing of a key. */
export type TelephoneEventRefusal = 'event-too-short' | 'not-a-key';

/**
 * Fed with every telephone event packet of the leg's source, repeated and late ones too.
 *
 * A press is named by the timestamp it began at. It is over with its first end packet (E), when another press
 * begins, or when nothing more is heard of it; whatever else comes of the same press is ignored.
 */
export class TelephoneEventReceiver {
  /** When `handleTimeout` is due; undefined while no key is down. */
  deadline: number | undefined = undefined;

  readonly #clockRateHz: number;
  readonly #finished: KeyPress[] = [];

  #state: 'none' | 'down' | 'up' = 'none';
  #event = 0;
  #ssrc = 0;
  #timestamp = 0;
  /** Newest packet of the press. */
  #sequence = 0;
  #sequenceAtMs = 0;
  /** The 16 bits last heard, and the whole length so far: earlier segments and wraps included. */
  #segmentDuration = 0;
  #duration = 0;

  constructor(clockRateHz: number) {
    this.#clockRateHz = clockRateHz;
  }

  /**
   * Presses that this packet ends are then to be pulled. Reads the first event of the payload:
   *
   * ```
   *  0                   1                   2                   3
   *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
   * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   * |     event     |E|R|  volume   |           duration            |
   * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
   * ```
   */
  receive(packet: RtpPacket, nowMs: number): TelephoneEventRefusal | undefined {
    if (packet.payloadLength < EVENT_OCTETS) return 'event-too-short';
    const { octets, payloadOffset } = packet;
    const event = octets[payloadOffset]!;
    if (event >= DIGITS.length) return 'not-a-key';
    const end = (octets[payloadOffset + 1]! & 0x80) !== 0;
    const duration = (octets[payloadOffset + 2]! << 8) | octets[payloadOffset + 3]!;

    if (this.#isLate(packet, nowMs)) return undefined;
    if (!this.#continuesPress(packet, event, end, duration)) this.#press(packet, event);
    this.#sequence = packet.sequenceNumber;
    this.#sequenceAtMs = nowMs;
    if (this.#state === 'up') return undefined;
    this.#lengthen(packet.timestamp, duration);
    this.deadline = nowMs + LOST_END_MS;
    if (end) this.#finish();
    return undefined;
  }

  /** The next press that is over, in order; undefined when there is none. */
  pull(): KeyPress | undefined {
    return this.#finished.shift();
  }

  /** Every end packet was lost, or the sender fell silent. */
  handleTimeout(nowMs: number): void {
    if (this.deadline !== undefined && nowMs >= this.deadline) this.#finish();
  }

  #isLate(packet: RtpPacket, nowMs: number): boolean {
    return (
      this.#state !== 'none' &&
      packet.ssrc === this.#ssrc &&
      nowMs - this.#sequenceAtMs < LATE_WITHIN_MS &&
      sequenceDistance(this.#sequence, packet.sequenceNumber) < 0
    );
  }

  #continuesPress(packet: RtpPacket, event: number, end: boolean, duration: number): boolean {
    if (this.#state === 'none' || packet.ssrc !== this.#ssrc || event !== this.#event) return false;
    const step = timestampDistance(this.#timestamp, packet.timestamp);
    if (step === 0) {
      // A sender that stamps every press alike still marks where the next one begins.
      const beginsPress = packet.marker && !end && packet.sequenceNumber !== this.#sequence;
      return this.#state === 'down' || !beginsPress;
    }
    if (packet.marker) return false;
    if (this.#state === 'down' && this.#beginsSegment(step)) return true;
    // Some senders move the timestamp with every packet of one press: no two presses lie so close.
    const isSamePress = step > 0 && step * 1000 < CLOSEST_PRESSES_MS * this.#clockRateHz;
    return isSamePress && (this.#state === 'down' ? duration > this.#segmentDuration : end);
  }

  /** Section 2.5.1.3: past 65535 an event goes on as a further segment, begun where the last one ended. */
  #beginsSegment(step: number): boolean {
    return step === MAX_DURATION || (step === this.#segmentDuration && step > MAX_DURATION / 2);
  }

  #press(packet: RtpPacket, event: number): void {
    if (this.#state === 'down') this.#finish();
    this.#state = 'down';
    this.#event = event;
    this.#ssrc = packet.ssrc;
    this.#timestamp = packet.timestamp;
    this.#segmentDuration = 0;
    this.#duration = 0;
  }

  #lengthen(timestamp: number, duration: number): void {
    const step = timestampDistance(this.#timestamp, timestamp);
    this.#timestamp = timestamp;
    if (this.#beginsSegment(step)) {
      this.#duration += step - this.#segmentDuration;
      this.#segmentDuration = 0;
    }
    // Senders that know no segments let the 16 bits wrap.
    const growth = sequenceDistance(this.#segmentDuration, duration);
    if (growth <= 0) return;
    this.#duration += growth;
    this.#segmentDuration = duration;
  }

  #finish(): void {
    this.#state = 'up';
    this.deadline = undefined;
    const durationMs = Math.round((this.#duration * 1000) / this.#clockRateHz);
    this.#finished.push({ digit: DIGITS[this.#event]!, durationMs });
  }
}

/** RFC 4733 section 3.2: the event codes 0 to 15 in order. */
export const DIGITS = '0123456789*#ABCD';

export const EVENT_OCTETS = 4;

const MAX_DURATION = 0xffff;

/** A press and the pause after it last at least 40 ms each (ITU-T Q.24). */
const CLOSEST_PRESSES_MS = 80;

/** No update for so long: several times any sender's update interval, and more than jitter allows. */
const LOST_END_MS = 250;

/** A packet with an older number after so long is of a sender that began anew, not late. */
const LATE_WITHIN_MS = 1000;
