/** Numbers the packets of one outbound RTP stream. */
import { writeRtpHeader } from './packet.ts';
import { sequenceDistance, timestampDistance } from './sequence.ts';

/** All there is to an outbound stream: plain data, so that another process can go on with it. */
export interface RtpSenderState {
  ssrc: number;
  /** Of the next packet. */
  sequenceNumber: number;
  /** The media clock: the timestamp of the next audio packet. */
  timestamp: number;
  /** The next audio packet is the first after a silence (RFC 3551 section 4.1). */
  markNext: boolean;
  packets: number;
  /** Of payload. */
  octets: number;
  /** How many of them had another SSRC. */
  earlierPackets: number;
  earlierOctets: number;
}

/** A new stream; SSRC, sequence number and timestamp begin at random (RFC 3550 section 5.1). */
export function newRtpSenderState(random: () => number): RtpSenderState {
  return {
    ssrc: Math.floor(random() * 2 ** 32),
    sequenceNumber: Math.floor(random() * 2 ** 16),
    timestamp: Math.floor(random() * 2 ** 32),
    markNext: true,
    packets: 0,
    octets: 0,
    earlierPackets: 0,
    earlierOctets: 0,
  };
}

export class RtpSender {
  readonly state: RtpSenderState;
  /** The timestamp that last left, and when. */
  #sentTimestamp = 0;
  #sentAtMs: number | undefined = undefined;

  constructor(state: RtpSenderState) {
    this.state = state;
  }

  /**
   * Goes on as another stream, with the same media clock. It begins in the lower half of the sequence numbers, so that
   * they do not wrap before an SRTP receiver has heard the first of them (RFC 3711 section 3.3.1).
   */
  beginAnew(random: () => number): void {
    const { state } = this;
    state.ssrc = Math.floor(random() * 2 ** 32);
    state.sequenceNumber = Math.floor(random() * 2 ** 15);
    state.markNext = true;
    state.earlierPackets = state.packets;
    state.earlierOctets = state.octets;
  }

  /**
   * Writes the header of an audio packet of `durationSamples` and moves the media clock past it.
   * Returns where the payload of `payloadOctets` begins.
   */
  writeAudioHeader(
    octets: Uint8Array,
    payloadType: number,
    durationSamples: number,
    payloadOctets: number,
    nowMs: number,
  ): number {
    const { state } = this;
    const marker = state.markNext;
    state.markNext = false;
    const offset = this.#write(octets, payloadType, marker, state.timestamp, payloadOctets);
    this.#advance(durationSamples, nowMs);
    return offset;
  }

  /**
   * Writes the header of a telephone event packet: numbered with the audio, stamped with the event's beginning.
   * The media clock stands; `skip` moves it.
   */
  writeEventHeader(
    octets: Uint8Array,
    payloadType: number,
    marker: boolean,
    timestamp: number,
    payloadOctets: number,
  ): number {
    return this.#write(octets, payloadType, marker, timestamp, payloadOctets);
  }

  /**
   * Writes the header of a packet that comes from another stream, with numbers that fit into this one. The media clock
   * stands; `follow` moves it.
   */
  writePassedHeader(
    octets: Uint8Array,
    payloadType: number,
    marker: boolean,
    sequenceNumber: number,
    timestamp: number,
    payloadOctets: number,
  ): number {
    const { state } = this;
    const isNewest = sequenceDistance(state.sequenceNumber, sequenceNumber) >= 0;
    const marks = marker || (isNewest && state.markNext);
    if (isNewest) {
      state.sequenceNumber = (sequenceNumber + 1) & 0xffff;
      state.markNext = false;
    }
    state.packets++;
    state.octets += payloadOctets;
    return writeRtpHeader(octets, payloadType, marks, sequenceNumber, timestamp, state.ssrc);
  }

  /** The stream goes on behind a packet that was passed just now, unless it is further already. */
  follow(timestamp: number, durationSamples: number, nowMs: number): void {
    const { state } = this;
    const end = (timestamp + durationSamples) >>> 0;
    if (timestampDistance(state.timestamp, end) > 0) state.timestamp = end;
    this.#sentTimestamp = timestamp;
    this.#sentAtMs = nowMs;
  }

  /** When nothing was sent for longer than a frame beyond what was, the media clock goes on to now. */
  catchUp(nowMs: number, clockRateHz: number): void {
    const { state } = this;
    const behind = timestampDistance(state.timestamp, this.timestampAt(nowMs, clockRateHz));
    if (this.#sentAtMs === undefined || behind * 1000 <= FRAME_MS * clockRateHz) return;
    state.timestamp = (state.timestamp + behind) >>> 0;
    state.markNext = true;
  }

  /** Time passes in which no audio is sent; the next audio packet begins a talkspurt. */
  skip(samples: number, nowMs: number): void {
    this.#advance(samples, nowMs);
    this.state.markNext = true;
  }

  /** What the media clock reads between packets, for sender reports. */
  timestampAt(nowMs: number, clockRateHz: number): number {
    const sentAtMs = this.#sentAtMs ?? nowMs;
    return (this.#sentTimestamp + Math.round(((nowMs - sentAtMs) * clockRateHz) / 1000)) >>> 0;
  }

  #advance(samples: number, nowMs: number): void {
    this.#sentTimestamp = this.state.timestamp;
    this.#sentAtMs = nowMs;
    this.state.timestamp = (this.state.timestamp + samples) >>> 0;
  }

  #write(
    octets: Uint8Array,
    payloadType: number,
    marker: boolean,
    timestamp: number,
    payloadOctets: number,
  ): number {
    const { state } = this;
    const offset = writeRtpHeader(octets, payloadType, marker, state.sequenceNumber, timestamp, state.ssrc);
    state.sequenceNumber = (state.sequenceNumber + 1) & 0xffff;
    state.packets++;
    state.octets += payloadOctets;
    return offset;
  }
}

const FRAME_MS = 20;
