/**
 * The RTCP of one leg: reports sent on time, reports of the far end understood.
 * @see RFC 3550 sections 6.2 to 6.4
 */
import type { RtpReceiver } from './receiver.ts';
import { MAX_RTCP_OCTETS, parseRtcp, type ReportBlock, type RtcpRefusal, writeRtcp } from './rtcp.ts';
import type { RtpSender } from './sender.ts';

export interface RtcpSessionOptions {
  readonly sender: RtpSender;
  readonly receiver: RtpReceiver;
  readonly clockRateHz: number;
  /** Persistent name of this endpoint, random for privacy (RFC 7022); at most 255 octets. */
  readonly cname: string;
  /** Unix epoch milliseconds at which the monotonic clock read 0. */
  readonly epochAtZeroMs: number;
  readonly random: () => number;
}

export class RtcpSession {
  /** The packet `handleTimeout` or `bye` made lies here from 0, until the next. */
  readonly octets: Uint8Array = new Uint8Array(MAX_RTCP_OCTETS);
  /** When `handleTimeout` is due. */
  deadline: number;
  /** Undefined until the far end has reported on us and heard our reports. */
  roundTripMs: number | undefined = undefined;
  /** What the far end last said of our stream; undefined until it did. */
  remoteReport: ReportBlock | undefined = undefined;

  readonly #options: RtcpSessionOptions;
  readonly #cname: Uint8Array;
  #lastSenderReport = 0;
  #lastSenderReportSsrc = 0;
  #lastSenderReportAtMs = 0;
  /** Packets sent at the last report and at the one before it. */
  #sentAtReport = 0;
  #sentAtEarlierReport = 0;

  constructor(options: RtcpSessionOptions, nowMs: number) {
    this.#options = options;
    this.#cname = new TextEncoder().encode(options.cname);
    this.#sentAtReport = options.sender.state.packets;
    this.#sentAtEarlierReport = this.#sentAtReport;
    // "half the minimum interval" before the first packet (section 6.2)
    this.deadline = nowMs + this.#interval(MINIMUM_INTERVAL_MS / 2);
  }

  /** Writes a report into `octets`; returns its length. */
  handleTimeout(nowMs: number): number {
    this.deadline = nowMs + this.#interval(MINIMUM_INTERVAL_MS);
    return this.#write(nowMs, false);
  }

  /** Writes the last packet of the stream into `octets`; returns its length. */
  bye(nowMs: number): number {
    this.deadline = Number.POSITIVE_INFINITY;
    return this.#write(nowMs, true);
  }

  /** Takes in a compound packet. `bye` says that the stream now heard is over. */
  handleRtcp(octets: Uint8Array, length: number, nowMs: number): 'heard' | 'bye' | RtcpRefusal {
    const parsed = parseRtcp(octets, length);
    if (!parsed.ok) return parsed.reason;
    const { ssrc: remoteSsrc } = this.#options.receiver;
    let verdict: 'heard' | 'bye' = 'heard';
    for (const packet of parsed.value) {
      switch (packet.kind) {
        case 'sender-report':
          this.#lastSenderReport = middleBits(packet.sender.ntpSeconds, packet.sender.ntpFraction);
          this.#lastSenderReportSsrc = packet.ssrc;
          this.#lastSenderReportAtMs = nowMs;
          this.#handleBlocks(packet.blocks, nowMs);
          break;
        case 'receiver-report':
          this.#handleBlocks(packet.blocks, nowMs);
          break;
        case 'bye':
          if (remoteSsrc !== undefined && packet.ssrcs.includes(remoteSsrc)) verdict = 'bye';
          break;
        case 'other':
          break;
      }
    }
    return verdict;
  }

  #handleBlocks(blocks: readonly ReportBlock[], nowMs: number): void {
    const block = blocks.find(({ ssrc }) => ssrc === this.#options.sender.state.ssrc);
    if (block === undefined) return;
    this.remoteReport = block;
    if (block.lastSenderReport === 0) return;
    // Section 6.4.1: A - LSR - DLSR, in 1/65536 s, modulo 2^32.
    const ntp = this.#ntp(nowMs);
    const elapsed = middleBits(ntp.seconds, ntp.fraction) - block.lastSenderReport;
    const roundTrip = (elapsed - block.delaySinceLastSenderReport) | 0;
    const roundTripMs = (Math.max(0, roundTrip) / 65536) * 1000;
    if (roundTripMs <= MAX_ROUND_TRIP_MS) this.roundTripMs = roundTripMs;
  }

  #write(nowMs: number, bye: boolean): number {
    const { sender, receiver, clockRateHz } = this.#options;
    const { state } = sender;
    // "we_sent": sent since the last report but one (section 6.3.8)
    const weSent = state.packets !== this.#sentAtEarlierReport;
    this.#sentAtEarlierReport = this.#sentAtReport;
    this.#sentAtReport = state.packets;
    const ntp = this.#ntp(nowMs);
    const block: ReportBlock = {
      ssrc: 0,
      fractionLost: 0,
      cumulativeLost: 0,
      extendedHighestSequence: 0,
      jitter: 0,
      lastSenderReport: 0,
      delaySinceLastSenderReport: 0,
    };
    const hasBlock = receiver.report(block);
    if (hasBlock && this.#lastSenderReport !== 0 && this.#lastSenderReportSsrc === block.ssrc) {
      block.lastSenderReport = this.#lastSenderReport;
      block.delaySinceLastSenderReport = Math.round(((nowMs - this.#lastSenderReportAtMs) * 65536) / 1000);
    }
    return writeRtcp(this.octets, {
      ssrc: state.ssrc,
      sender: weSent
        ? {
            ntpSeconds: ntp.seconds,
            ntpFraction: ntp.fraction,
            rtpTimestamp: sender.timestampAt(nowMs, clockRateHz),
            // "The count SHOULD be reset if the sender changes its SSRC identifier" (section 6.4.1).
            packets: state.packets - state.earlierPackets,
            octets: state.octets - state.earlierOctets,
          }
        : undefined,
      block: hasBlock ? block : undefined,
      cname: this.#cname,
      bye,
    });
  }

  /**
   * Two parties at 64 kbit/s: 5 % of the bandwidth would allow a report every half second, so the minimum of
   * section 6.2 governs, spread and compensated as in section 6.3.1.
   */
  #interval(deterministicMs: number): number {
    return (deterministicMs * (0.5 + this.#options.random())) / RECONSIDERATION_COMPENSATION;
  }

  #ntp(nowMs: number): { seconds: number; fraction: number } {
    const ms = this.#options.epochAtZeroMs + nowMs;
    const seconds = Math.floor(ms / 1000);
    const fraction = Math.floor(((ms - seconds * 1000) / 1000) * 2 ** 32);
    return { seconds: (seconds + NTP_EPOCH_OFFSET_S) >>> 0, fraction };
  }
}

function middleBits(ntpSeconds: number, ntpFraction: number): number {
  return ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;
}

/** Section 6.2. */
const MINIMUM_INTERVAL_MS = 5000;

/** e - 1.5 (section 6.3.1). */
const RECONSIDERATION_COMPENSATION: number = Math.E - 1.5;

/** From 1900 to 1970. */
const NTP_EPOCH_OFFSET_S = 2_208_988_800;

/** More is a far end that counts its delay wrongly. */
const MAX_ROUND_TRIP_MS = 30_000;
