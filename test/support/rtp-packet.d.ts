/** What the tests use of the `rtp-packet` library, which comes without types. */
declare module 'rtp-packet' {
  export interface RtpFields {
    payloadType: number;
    sequenceNumber: number;
    timestamp: number;
    ssrc: number;
    marker?: boolean;
    csrc?: number[];
    extensions?: Record<number, Buffer>;
    payload?: Uint8Array;
  }
  export interface ParsedRtp extends Required<RtpFields> {
    version: number;
    headerLength: number;
  }
  export function serialize(packet: RtpFields): Buffer;
  export function parse(octets: Uint8Array): ParsedRtp | null;

  export interface ReportFields {
    mediaSsrc: number;
    fractionLost: number;
    totalLost: number;
    highestSeq: number;
    jitter: number;
    lastSR: number;
    delaySinceLastSR: number;
  }
  export interface ParsedRtcp {
    name: string;
    type: number;
    ssrc?: number;
    ssrcs?: number[];
    cname?: string;
    reason?: string;
    ntpTimestampMsw?: number;
    ntpTimestampLsw?: number;
    rtpTimestamp?: number;
    packetCount?: number;
    octetCount?: number;
    reports?: ReportFields[];
  }
  export function buildSR(fields: {
    ssrc: number;
    ntpTimestamp: [number, number];
    rtpTimestamp: number;
    packetCount: number;
    octetCount: number;
  }): Buffer;
  export function buildRR(fields: ReportFields & { ssrc: number }): Buffer;
  export function buildSDES(ssrc: number, cname: string): Buffer;
  export function buildBYE(ssrcs: number[], reason?: string): Buffer;
  export function buildCompound(packets: Buffer[]): Buffer;
  export function parseRTCPCompound(octets: Uint8Array): ParsedRtcp[];

  export class DtmfPacketizer {
    constructor(options: {
      ssrc: number;
      payloadType: number;
      clockRate: number;
      initialSequenceNumber: number;
    });
    startEvent(tone: string, timestamp: number): void;
    update(deltaMs: number): Buffer;
    endEvent(finalDeltaMs: number): Buffer[];
  }
  export class DTMFDepacketizer {
    constructor(options: { output(event: { tone: string; duration: number; timestamp: number }): void });
    depacketize(packet: ParsedRtp): void;
  }
}
