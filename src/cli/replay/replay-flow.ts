/** Receives a flow again as a leg would have: statistics, keys and playout, on a clock that the capture drives. */
import { Playout } from '../../jitter/playout.ts';
import { createDecoder } from '../../media/payload-codec.ts';
import { parseRtpPacket, RtpPacket } from '../../rtp/packet.ts';
import { RtpReceiver } from '../../rtp/receiver.ts';
import { TelephoneEventReceiver } from '../../rtp/telephone-event.ts';
import { type AudioCodecName, sampleRateHz } from '../../sdp/negotiated.ts';
import { endpointText } from '../pcap/transport.ts';
import type { Flow } from './find-flows.ts';
import { TELEPHONE_EVENT } from './payload-formats.ts';

export interface FlowReport {
  readonly source: string;
  readonly destination: string;
  /** From the capture's first frame. */
  readonly startMs: number;
  readonly lengthMs: number;
  /** One for each SSRC, in order of appearance. */
  readonly streams: readonly StreamReport[];
  readonly digits: string;
  /** Undefined: nothing in it can be decoded. */
  readonly playout: PlayoutReport | undefined;
}

export interface StreamReport {
  readonly ssrc: number;
  readonly codecs: readonly string[];
  readonly packets: number;
  /** RFC 3550 A.3: negative with more duplicates than losses. */
  readonly lost: number;
  readonly lostPercent: number;
  readonly reordered: number;
  readonly duplicates: number;
  /** Of audio packets: the timestamp of telephone events stands still. */
  readonly jitterMeanMs: number;
  readonly jitterMaxMs: number;
}

export interface PlayoutReport {
  readonly delayMeanMs: number;
  readonly delayMaxMs: number;
  readonly concealedMs: number;
  readonly comfortNoiseMs: number;
  readonly expandedMs: number;
  readonly compressedMs: number;
  readonly late: number;
  readonly overflow: number;
  readonly resyncs: number;
}

export interface ReplayedFlow {
  readonly report: FlowReport;
  /** What was heard, from the first packet on. */
  readonly audio: Int16Array | undefined;
  /** Of the audio: that of the flow's widest codec. */
  readonly rateHz: number;
}

export function replayFlow(flow: Flow): ReplayedFlow {
  return new FlowReplay(flow).run();
}

class FlowReplay {
  readonly #flow: Flow;
  readonly #packet = new RtpPacket();
  readonly #streams: Map<number, StreamCounts> = new Map();
  readonly #keys = new TelephoneEventReceiver(CLOCK_HZ);
  readonly #playout: Playout;
  readonly #rateHz: number;
  readonly #decodable: boolean;
  #digits = '';
  #delaySumMs = 0;
  #delayMaxMs = 0;
  #delayFrames = 0;

  constructor(flow: Flow) {
    this.#flow = flow;
    const names = [...flow.formats.values()].map(({ name }) => name).filter(isCodec);
    this.#decodable = names.length > 0;
    this.#rateHz = Math.max(CLOCK_HZ, ...names.map(sampleRateHz));
    this.#playout = new Playout({ rateHz: this.#rateHz, clockRateHz: CLOCK_HZ });
    for (const [payloadType, { name }] of flow.formats) {
      if (isCodec(name)) this.#playout.setDecoder(payloadType, createDecoder(name, this.#rateHz));
      if (name === 'CN') this.#playout.setComfortNoise(payloadType);
    }
  }

  run(): ReplayedFlow {
    const { packets, source, destination } = this.#flow;
    const startMs = packets[0]!.arrivalMs;
    const lengthMs = packets.at(-1)!.arrivalMs - startMs;
    const frames = Math.ceil((lengthMs + LAST_WORDS_MS) / FRAME_MS);
    const frameSamples = (FRAME_MS * this.#rateHz) / 1000;
    const audio = new Int16Array(this.#decodable ? frames * frameSamples : 0);
    let next = 0;
    for (let index = 0; index < frames; index++) {
      const nowMs = startMs + index * FRAME_MS;
      for (; next < packets.length && packets[next]!.arrivalMs <= nowMs; next++) {
        this.#receive(packets[next]!.octets, packets[next]!.arrivalMs);
      }
      if (this.#keys.deadline !== undefined) this.#keys.handleTimeout(nowMs);
      if (this.#decodable)
        this.#pull(audio.subarray(index * frameSamples, (index + 1) * frameSamples), nowMs);
    }
    this.#keys.handleTimeout(Number.POSITIVE_INFINITY);
    this.#takeDigits();
    return {
      report: {
        source: endpointText(source),
        destination: endpointText(destination),
        startMs,
        lengthMs,
        streams: [...this.#streams].map(([ssrc, counts]) => this.#reportStream(ssrc, counts)),
        digits: this.#digits,
        playout: this.#decodable ? this.#reportPlayout() : undefined,
      },
      audio: this.#decodable ? audio : undefined,
      rateHz: this.#rateHz,
    };
  }

  #receive(octets: Uint8Array, nowMs: number): void {
    const packet = this.#packet;
    if (parseRtpPacket(octets, octets.length, packet) !== undefined) return;
    const format = this.#flow.formats.get(packet.payloadType)!;
    const isEvent = format.name === TELEPHONE_EVENT;
    let stream = this.#streams.get(packet.ssrc);
    if (stream === undefined) {
      stream = new StreamCounts(format.clockRateHz);
      this.#streams.set(packet.ssrc, stream);
    }
    const fresh = stream.receive(packet, nowMs, isEvent);
    stream.codecs.add(format.name);
    if (!fresh) return;
    if (!isEvent) {
      this.#playout.push(packet, nowMs);
      return;
    }
    this.#playout.skip(packet);
    this.#keys.receive(packet, nowMs);
    this.#takeDigits();
  }

  #takeDigits(): void {
    for (let press = this.#keys.pull(); press !== undefined; press = this.#keys.pull()) {
      this.#digits += press.digit;
    }
  }

  #pull(frame: Int16Array, nowMs: number): void {
    if (this.#playout.pull(frame, nowMs) !== 'decoded') return;
    const { currentDelayMs } = this.#playout.stats;
    this.#delaySumMs += currentDelayMs;
    this.#delayFrames++;
    this.#delayMaxMs = Math.max(this.#delayMaxMs, currentDelayMs);
  }

  #reportStream(ssrc: number, counts: StreamCounts): StreamReport {
    const { statistics, lost } = counts.receiver;
    return {
      ssrc,
      codecs: [...counts.codecs],
      packets: statistics.packets,
      lost,
      lostPercent: (lost / (statistics.packets + lost)) * 100,
      reordered: statistics.reordered,
      duplicates: statistics.duplicates,
      jitterMeanMs: counts.jitterSumMs / Math.max(1, counts.jitterSamples),
      jitterMaxMs: counts.jitterMaxMs,
    };
  }

  #reportPlayout(): PlayoutReport {
    const { stats } = this.#playout;
    const samplesPerMs = this.#rateHz / 1000;
    return {
      delayMeanMs: this.#delaySumMs / Math.max(1, this.#delayFrames),
      delayMaxMs: this.#delayMaxMs,
      concealedMs: stats.concealedSamples / samplesPerMs,
      comfortNoiseMs: stats.comfortNoiseSamples / samplesPerMs,
      expandedMs: stats.expandedSamples / samplesPerMs,
      compressedMs: stats.compressedSamples / samplesPerMs,
      late: stats.late,
      overflow: stats.overflow,
      resyncs: stats.resyncs,
    };
  }
}

class StreamCounts {
  readonly receiver: RtpReceiver;
  readonly codecs: Set<string> = new Set();
  jitterSumMs = 0;
  jitterMaxMs = 0;
  jitterSamples = 0;

  constructor(clockRateHz: number) {
    this.receiver = new RtpReceiver(clockRateHz);
  }

  /** False for a duplicate. */
  receive(packet: RtpPacket, nowMs: number, isEvent: boolean): boolean {
    const isFirst = this.receiver.ssrc === undefined;
    const verdict = this.receiver.receive(packet, nowMs, !isEvent);
    if (!isFirst && !isEvent) {
      const { jitterMs } = this.receiver;
      this.jitterSumMs += jitterMs;
      this.jitterSamples++;
      this.jitterMaxMs = Math.max(this.jitterMaxMs, jitterMs);
    }
    return verdict !== 'duplicate';
  }
}

function isCodec(name: string): name is AudioCodecName {
  return name === 'PCMU' || name === 'PCMA' || name === 'G722';
}

/** Every codec we can decode is counted by it. */
const CLOCK_HZ = 8000;
const FRAME_MS = 20;
/** What the playout still holds when the last packet comes. */
const LAST_WORDS_MS = 100;
