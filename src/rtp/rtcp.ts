/** Reads and writes compound RTCP packets (RFC 3550 section 6). */
import { failure, type Result, success } from '../result.ts';

export type RtcpPacket =
  | {
      readonly kind: 'sender-report';
      readonly ssrc: number;
      readonly sender: SenderInfo;
      readonly blocks: readonly ReportBlock[];
    }
  | { readonly kind: 'receiver-report'; readonly ssrc: number; readonly blocks: readonly ReportBlock[] }
  | { readonly kind: 'bye'; readonly ssrcs: readonly number[] }
  /** SDES, APP, feedback and what else may come: well formed, and nothing we act upon. */
  | { readonly kind: 'other'; readonly packetType: number };

interface SenderInfo {
  /** Seconds since 1900, and their fraction in 1/2^32. */
  ntpSeconds: number;
  ntpFraction: number;
  /** The same instant on the stream's media clock. */
  rtpTimestamp: number;
  packets: number;
  /** Of payload. */
  octets: number;
}

export interface ReportBlock {
  /** The source this block reports on. */
  ssrc: number;
  /** In 1/256, since the report before. */
  fractionLost: number;
  /** Signed 24 bits. */
  cumulativeLost: number;
  extendedHighestSequence: number;
  /** In timestamp units. */
  jitter: number;
  /** The middle 32 bits of the NTP time of the last sender report heard; 0 before the first. */
  lastSenderReport: number;
  /** From hearing that report to sending this, in 1/65536 s. */
  delaySinceLastSenderReport: number;
}

/** Why a datagram is not a compound RTCP packet. */
export type RtcpRefusal =
  | 'too-short'
  | 'bad-version'
  | 'not-rtcp'
  | 'length-overrun'
  | 'count-overrun'
  | 'bad-padding';

/** Whether a datagram on a port shared by RTP and RTCP is to be read as RTCP (RFC 5761 section 4). */
export function looksLikeRtcp(octets: Uint8Array, length: number): boolean {
  return length >= 2 && octets[0]! >> 6 === 2 && octets[1]! >= 192 && octets[1]! <= 223;
}

/**
 * Reads the first `length` octets as a whole, or refuses them as a whole. A packet without a report at its head is
 * taken too (RFC 5506): some phones send BYE so.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |V=2|P|  count  |  packet type  |  length in words, minus one   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * ```
 * @see RFC 3550 appendix A.2
 */
export function parseRtcp(octets: Uint8Array, length: number): Result<readonly RtcpPacket[], RtcpRefusal> {
  if (length < 8) return failure('too-short');
  const view = new DataView(octets.buffer, octets.byteOffset, length);
  const packets: RtcpPacket[] = [];
  // Less than a header at the end is no packet: real gateways leave odd octets there.
  for (let offset = 0; offset + 4 <= length; ) {
    const first = view.getUint8(offset);
    const packetType = view.getUint8(offset + 1);
    if (first >> 6 !== 2) return failure('bad-version');
    if (packetType < 192 || packetType > 223) return failure('not-rtcp');
    const next = offset + 4 * (view.getUint16(offset + 2) + 1);
    if (next > length) return failure('length-overrun');
    let end = next;
    if ((first & 0x20) !== 0) {
      const padding = view.getUint8(next - 1);
      if (next + 4 <= length || padding === 0 || padding > next - offset - 4) return failure('bad-padding');
      end -= padding;
    }
    const packet = parsePacket(view, offset + 4, end, packetType, first & 0x1f);
    if (packet === undefined) return failure('count-overrun');
    packets.push(packet);
    offset = next;
  }
  return success(packets);
}

/** Undefined when the counted items do not fit between `offset` and `end`. */
function parsePacket(
  view: DataView,
  offset: number,
  end: number,
  packetType: number,
  count: number,
): RtcpPacket | undefined {
  switch (packetType) {
    case SENDER_REPORT: {
      const blocksOffset = offset + 24;
      if (blocksOffset + count * BLOCK_OCTETS > end) return undefined;
      return {
        kind: 'sender-report',
        ssrc: view.getUint32(offset),
        sender: {
          ntpSeconds: view.getUint32(offset + 4),
          ntpFraction: view.getUint32(offset + 8),
          rtpTimestamp: view.getUint32(offset + 12),
          packets: view.getUint32(offset + 16),
          octets: view.getUint32(offset + 20),
        },
        blocks: parseBlocks(view, blocksOffset, count),
      };
    }
    case RECEIVER_REPORT: {
      const blocksOffset = offset + 4;
      if (blocksOffset + count * BLOCK_OCTETS > end) return undefined;
      return {
        kind: 'receiver-report',
        ssrc: view.getUint32(offset),
        blocks: parseBlocks(view, blocksOffset, count),
      };
    }
    case BYE: {
      if (offset + count * 4 > end) return undefined;
      const ssrcs = Array.from({ length: count }, (_, index) => view.getUint32(offset + index * 4));
      return { kind: 'bye', ssrcs };
    }
    default:
      return { kind: 'other', packetType };
  }
}

function parseBlocks(view: DataView, offset: number, count: number): ReportBlock[] {
  return Array.from({ length: count }, (_, index) => {
    const block = offset + index * BLOCK_OCTETS;
    const lost = view.getUint32(block + 4);
    return {
      ssrc: view.getUint32(block),
      fractionLost: lost >>> 24,
      cumulativeLost: (lost << 8) >> 8,
      extendedHighestSequence: view.getUint32(block + 8),
      jitter: view.getUint32(block + 12),
      lastSenderReport: view.getUint32(block + 16),
      delaySinceLastSenderReport: view.getUint32(block + 20),
    };
  });
}

/** What one compound packet of ours says. */
export interface OutboundReport {
  readonly ssrc: number;
  /** Present in a sender report: what we sent since the last report but one. */
  readonly sender: SenderInfo | undefined;
  readonly block: ReportBlock | undefined;
  /** UTF-8, at most 255 octets. */
  readonly cname: Uint8Array;
  readonly bye: boolean;
}

/** Writes SR or RR, SDES with our CNAME, and BYE when asked; returns the octets written. */
export function writeRtcp(octets: Uint8Array, report: OutboundReport): number {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  let offset = writeReport(view, report);
  offset = writeSourceDescription(view, octets, offset, report);
  if (!report.bye) return offset;
  writeHeader(view, offset, 1, BYE, 8);
  view.setUint32(offset + 4, report.ssrc);
  return offset + 8;
}

function writeReport(view: DataView, { ssrc, sender, block }: OutboundReport): number {
  let offset = 8;
  view.setUint32(4, ssrc);
  if (sender !== undefined) {
    view.setUint32(8, sender.ntpSeconds);
    view.setUint32(12, sender.ntpFraction);
    view.setUint32(16, sender.rtpTimestamp);
    view.setUint32(20, sender.packets);
    view.setUint32(24, sender.octets);
    offset = 28;
  }
  if (block !== undefined) {
    view.setUint32(offset, block.ssrc);
    view.setUint32(offset + 4, (block.fractionLost << 24) | (block.cumulativeLost & 0xffffff));
    view.setUint32(offset + 8, block.extendedHighestSequence);
    view.setUint32(offset + 12, block.jitter);
    view.setUint32(offset + 16, block.lastSenderReport);
    view.setUint32(offset + 20, block.delaySinceLastSenderReport);
    offset += BLOCK_OCTETS;
  }
  const packetType = sender === undefined ? RECEIVER_REPORT : SENDER_REPORT;
  writeHeader(view, 0, block === undefined ? 0 : 1, packetType, offset);
  return offset;
}

function writeSourceDescription(
  view: DataView,
  octets: Uint8Array,
  offset: number,
  { ssrc, cname }: OutboundReport,
): number {
  view.setUint32(offset + 4, ssrc);
  view.setUint8(offset + 8, CNAME);
  view.setUint8(offset + 9, cname.length);
  octets.set(cname, offset + 10);
  const itemsEnd = offset + 10 + cname.length;
  // "The list of items in each chunk MUST be terminated by one or more null octets", up to a whole word.
  const end = offset + ((itemsEnd - offset + 4) & ~3);
  octets.fill(0, itemsEnd, end);
  writeHeader(view, offset, 1, SOURCE_DESCRIPTION, end - offset);
  return end;
}

function writeHeader(
  view: DataView,
  offset: number,
  count: number,
  packetType: number,
  length: number,
): void {
  view.setUint8(offset, 0x80 | count);
  view.setUint8(offset + 1, packetType);
  view.setUint16(offset + 2, length / 4 - 1);
}

/** The longest compound packet `writeRtcp` makes: SR with one block, CNAME of 255 octets, BYE. */
export const MAX_RTCP_OCTETS: number = 28 + 24 + 268 + 8;

const SENDER_REPORT = 200;
const RECEIVER_REPORT = 201;
const SOURCE_DESCRIPTION = 202;
const BYE = 203;

/** SDES item type (RFC 3550 section 6.5.1). */
const CNAME = 1;

const BLOCK_OCTETS = 24;
