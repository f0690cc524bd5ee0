/** Receives a flow again as a leg would have: statistics, keys and playout, on a clock that the capture drives. */
import type { PayloadDecoder } from '../../../codecs/codec.ts';
import { pcmaDecoder } from '../../../codecs/pcma.ts';
import { pcmuDecoder } from '../../../codecs/pcmu.ts';
import { Playout } from '../../jitter/playout.ts';
import { parseRtpPacket, RtpPacket } from '../../rtp/packet.ts';
import { RtpReceiver } from '../../rtp/receiver.ts';
import { TelephoneEventReceiver } from '../../rtp/telephone-event.ts';
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
  /** What was heard, at 8000 Hz, from the first packet on. */
  readonly audio: Int16Array | undefined;
}

export function replayFlow(flow: Flow): ReplayedFlow {
  return new FlowReplay(flow).run();
}

class FlowReplay {
  readonly #flow: Flow;
  readonly #packet = new RtpPacket();
  readonly #streams: Map<number, StreamCounts> = new Map();
  readonly #keys = new TelephoneEventReceiver(RATE_HZ);
  readonly #playout = new Playout({ rateHz: RATE_HZ });
  readonly #decodable: boolean;
  #digits = '';
  #delaySumMs = 0;
  #delayMaxMs = 0;
  #delayFrames = 0;

  constructor(flow: Flow) {
    this.#flow = flow;
    let decodable = false;
    for (const [payloadType, { name }] of flow.formats) {
      const decoder = decoders[name];
      if (decoder !== undefined) this.#playout.setDecoder(payloadType, decoder);
      if (name === 'CN') this.#playout.setComfortNoise(payloadType);
      decodable ||= decoder !== undefined;
    }
    this.#decodable = decodable;
  }

  run(): ReplayedFlow {
    const { packets, source, destination } = this.#flow;
    const startMs = packets[0]!.arrivalMs;
    const lengthMs = packets.at(-1)!.arrivalMs - startMs;
    const frames = Math.ceil((lengthMs + LAST_WORDS_MS) / FRAME_MS);
    const audio = new Int16Array(this.#decodable ? frames * FRAME_SAMPLES : 0);
    let next = 0;
    for (let index = 0; index < frames; index++) {
      const nowMs = startMs + index * FRAME_MS;
      for (; next < packets.length && packets[next]!.arrivalMs <= nowMs; next++) {
        this.#receive(packets[next]!.octets, packets[next]!.arrivalMs);
      }
      if (this.#keys.deadline !== undefined) this.#keys.handleTimeout(nowMs);
      if (this.#decodable) this.#pull(audio, index * FRAME_SAMPLES, nowMs);
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

  #pull(audio: Int16Array, at: number, nowMs: number): void {
    const frame = audio.subarray(at, at + FRAME_SAMPLES);
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
    return {
      delayMeanMs: this.#delaySumMs / Math.max(1, this.#delayFrames),
      delayMaxMs: this.#delayMaxMs,
      concealedMs: stats.concealedSamples / SAMPLES_PER_MS,
      comfortNoiseMs: stats.comfortNoiseSamples / SAMPLES_PER_MS,
      expandedMs: stats.expandedSamples / SAMPLES_PER_MS,
      compressedMs: stats.compressedSamples / SAMPLES_PER_MS,
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

const RATE_HZ = 8000;
const FRAME_MS = 20;
const SAMPLES_PER_MS = RATE_HZ / 1000;
const FRAME_SAMPLES = FRAME_MS * SAMPLES_PER_MS;
/** What the playout still holds when the last packet comes. */
const LAST_WORDS_MS = 100;

const decoders: Readonly<Record<string, PayloadDecoder>> = { PCMU: pcmuDecoder, PCMA: pcmaDecoder };
