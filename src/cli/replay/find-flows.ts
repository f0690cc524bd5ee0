/** Finds the RTP in a capture. */
import { parseRtpPacket, RtpPacket } from '../../rtp/packet.ts';
import { sequenceDistance } from '../../rtp/sequence.ts';
import type { CapturedFrame } from '../pcap/capture.ts';
import { type Endpoint, endpointText, readTransport, type UdpDatagram } from '../pcap/transport.ts';
import { AnnouncedFormats, type PayloadFormat, TELEPHONE_EVENT } from './payload-formats.ts';

/** What one port sent another: one leg's inbound direction. */
export interface Flow {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** RTP only, in order of arrival. Times count from the capture's first frame. */
  readonly packets: readonly FlowPacket[];
  /** Of every payload type in it. */
  readonly formats: ReadonlyMap<number, PayloadFormat>;
}

interface FlowPacket {
  readonly arrivalMs: number;
  readonly octets: Uint8Array;
  readonly ssrc: number;
}

/**
 * A flow is RTP when SDP in the capture names one of its ends, or when several packets of one SSRC follow each
 * other by their sequence numbers; packets of an SSRC that do not are left out.
 */
export function findFlows(frames: Iterable<CapturedFrame>): Flow[] {
  const announced = new AnnouncedFormats();
  const candidates = new Map<string, Candidate>();
  let startMs: number | undefined;
  for (const part of readTransport(noticingStart(frames, (timeMs) => (startMs ??= timeMs)))) {
    if (part.kind === 'tcp') announced.readSegment(part);
    else if (!addCandidate(candidates, part, startMs!)) announced.readDatagram(part.payload);
  }
  const flows: Flow[] = [];
  for (const { source, destination, packets } of candidates.values()) {
    const isAnnounced = announced.isAnnounced(source) || announced.isAnnounced(destination);
    const streams = Map.groupBy(packets, ({ ssrc }) => ssrc);
    const proven = packets.filter(({ ssrc }) => isAnnounced || isConvincing(streams.get(ssrc)!));
    if (proven.length === 0) continue;
    const formats = formatsOf(proven, (payloadType) => announced.formatOf(source, destination, payloadType));
    flows.push({ source, destination, packets: proven, formats });
  }
  return flows;
}

interface Candidate {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly packets: FlowPacket[];
}

function* noticingStart(
  frames: Iterable<CapturedFrame>,
  notice: (timeMs: number) => void,
): Generator<CapturedFrame> {
  for (const frame of frames) {
    notice(frame.timeMs);
    yield frame;
  }
}

function addCandidate(candidates: Map<string, Candidate>, datagram: UdpDatagram, startMs: number): boolean {
  const { source, destination, payload, timeMs } = datagram;
  if (parseRtpPacket(payload, payload.length, packet) !== undefined) return false;
  const key = `${endpointText(source)} ${endpointText(destination)}`;
  let candidate = candidates.get(key);
  if (candidate === undefined) {
    candidate = { source, destination, packets: [] };
    candidates.set(key, candidate);
  }
  candidate.packets.push({ arrivalMs: timeMs - startMs, octets: payload, ssrc: packet.ssrc });
  return true;
}

function isConvincing(packets: readonly FlowPacket[]): boolean {
  let following = 0;
  let previous: number | undefined;
  for (const { octets } of packets) {
    const sequenceNumber = (octets[2]! << 8) | octets[3]!;
    const step = previous === undefined ? 0 : sequenceDistance(previous, sequenceNumber);
    if (step > 0 && step <= MAX_STEP) following++;
    previous = sequenceNumber;
  }
  return following >= LEAST_FOLLOWING && following >= packets.length / 2;
}

function formatsOf(
  packets: readonly FlowPacket[],
  announcedFormat: (payloadType: number) => PayloadFormat | undefined,
): Map<number, PayloadFormat> {
  const formats = new Map<number, PayloadFormat>();
  const byType = Map.groupBy(packets, ({ octets }) => octets[1]! & 0x7f);
  for (const [payloadType, samePayloadType] of byType) {
    const format =
      announcedFormat(payloadType) ??
      (payloadType >= FIRST_DYNAMIC && samePayloadType.every(looksLikeEvent)
        ? { name: TELEPHONE_EVENT, clockRateHz: 8000 }
        : { name: `payload type ${payloadType}`, clockRateHz: 8000 });
    formats.set(payloadType, format);
  }
  return formats;
}

/** RFC 4733 section 2.3: four octets, an event we know, R zero. */
function looksLikeEvent({ octets }: FlowPacket): boolean {
  if (parseRtpPacket(octets, octets.length, packet) !== undefined || packet.payloadLength !== 4) return false;
  const { payloadOffset } = packet;
  return octets[payloadOffset]! <= 16 && (octets[payloadOffset + 1]! & 0x40) === 0;
}

const packet = new RtpPacket();
const MAX_STEP = 20;
const LEAST_FOLLOWING = 4;
const FIRST_DYNAMIC = 96;
