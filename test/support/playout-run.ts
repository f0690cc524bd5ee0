/** A sender, a network and a playout in virtual time. */
import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import { Playout } from '../../src/jitter/playout.ts';
import type { PlayoutKind } from '../../src/jitter/playout-stats.ts';
import { RtpPacket } from '../../src/rtp/packet.ts';

/** A packet and when it comes; none comes when `arrivalMs` is undefined. */
export interface SentPacket {
  packet: RtpPacket;
  sentMs: number;
  arrivalMs: number | undefined;
}

export interface SendOptions {
  ptimeMs?: number;
  payloadType?: number;
  firstSequence?: number;
  firstTimestamp?: number;
  ssrc?: number;
  /** When the first packet is sent, by the receiver's clock. */
  startMs?: number;
  /** The sender's clock runs faster than the receiver's by this, in millionths. */
  skewPpm?: number;
  /** How long the network takes for packet `index`; undefined loses it. */
  network?: (index: number) => number | undefined;
}

/** Cuts PCM into PCMU packets and sends them. */
export function send(samples: Int16Array, options: SendOptions = {}): SentPacket[] {
  const { ptimeMs = 20, firstSequence = 1000, firstTimestamp = 5000, startMs = 0 } = options;
  const packetSamples = ptimeMs * SAMPLES_PER_MS;
  const rate = 1 + (options.skewPpm ?? 0) / 1e6;
  return Array.from({ length: Math.floor(samples.length / packetSamples) }, (_, index) => {
    const packet = new RtpPacket();
    packet.octets = new Uint8Array(packetSamples);
    pcmuEncoder.encode(samples, index * packetSamples, packetSamples, packet.octets, 0);
    packet.payloadType = options.payloadType ?? 0;
    packet.payloadLength = packetSamples;
    packet.sequenceNumber = (firstSequence + index) & 0xffff;
    packet.timestamp = (firstTimestamp + index * packetSamples) >>> 0;
    packet.ssrc = options.ssrc ?? 0x1234;
    const sentMs = startMs + (index * ptimeMs) / rate;
    const delayMs = options.network === undefined ? 5 : options.network(index);
    return { packet, sentMs, arrivalMs: delayMs === undefined ? undefined : sentMs + delayMs };
  });
}

export interface Played {
  samples: Int16Array<ArrayBuffer>;
  kinds: PlayoutKind[];
  /** Delay after each frame, ms. */
  delaysMs: number[];
  playout: Playout;
}

export interface PlayOptions {
  forMs: number;
  /** When frames are pulled, within their 20 ms. */
  phaseMs?: number;
  playout?: Playout;
  /** Of the playout; 8000 unless told. */
  rateHz?: number;
  /** Gives a packet to the playout; by default it is pushed. */
  deliver?: (playout: Playout, packet: RtpPacket, nowMs: number) => void;
}

/** Lets the packets come, in the order of their arrival, and pulls a frame every 20 ms. */
export function play(packets: readonly SentPacket[], options: PlayOptions): Played {
  const playout = options.playout ?? pcmuPlayout();
  const deliver = options.deliver ?? ((to, packet, nowMs) => to.push(packet, nowMs));
  const arrivals = packets
    .filter(({ arrivalMs }) => arrivalMs !== undefined)
    .sort((a, b) => a.arrivalMs! - b.arrivalMs!);
  const frames = Math.floor(options.forMs / FRAME_MS);
  const frame = new Int16Array((FRAME_MS * (options.rateHz ?? 8000)) / 1000);
  const samples = new Int16Array(frames * frame.length);
  const kinds: PlayoutKind[] = [];
  const delaysMs: number[] = [];
  let next = 0;
  for (let index = 0; index < frames; index++) {
    const nowMs = index * FRAME_MS + (options.phaseMs ?? 3);
    for (; next < arrivals.length && arrivals[next]!.arrivalMs! <= nowMs; next++) {
      deliver(playout, arrivals[next]!.packet, arrivals[next]!.arrivalMs!);
    }
    kinds.push(playout.pull(frame, nowMs));
    delaysMs.push(playout.stats.currentDelayMs);
    samples.set(frame, index * frame.length);
  }
  return { samples, kinds, delaysMs, playout };
}

export function pcmuPlayout(options: { minDelayMs?: number; maxDelayMs?: number } = {}): Playout {
  const playout = new Playout({ rateHz: 8000, ...options });
  playout.setDecoder(0, pcmuDecoder);
  return playout;
}

const SAMPLES_PER_MS = 8;
const FRAME_MS = 20;
