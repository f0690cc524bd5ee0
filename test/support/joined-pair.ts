import type { MediaCommand, MediaEvent } from '../../src/media/command.ts';
import { Leg } from '../../src/media/leg.ts';
import { createDecoder, createEncoder } from '../../src/media/payload-codec.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { sequenceDistance, timestampDistance } from '../../src/rtp/sequence.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { EPOCH_AT_ZERO_MS, PCMU_AUDIO, parseSent, type SentPacket } from './leg-harness.ts';
import { seededRandom } from './virtual-network.ts';

export interface JoinedEndOptions {
  readonly audio?: Partial<NegotiatedAudio>;
  /** When in each 20 ms its leg ticks. */
  readonly tickPhaseMs?: number;
}

/**
 * Two legs of one worker in virtual time, in steps of a quarter of a millisecond, each with a phone whose packets come
 * when they are said to. What a leg sends is written down with the time at which it left.
 */
export class JoinedPair {
  readonly a: JoinedEnd;
  readonly b: JoinedEnd;
  nowMs = 1000;

  constructor(options: { a?: JoinedEndOptions; b?: JoinedEndOptions } = {}) {
    this.a = new JoinedEnd('192.0.2.10', 1, { tickPhaseMs: 3, ...options.a }, this.nowMs);
    this.b = new JoinedEnd('192.0.2.20', 2, { tickPhaseMs: 11, ...options.b }, this.nowMs);
  }

  join(): void {
    this.a.leg.join(this.b.leg, this.nowMs);
  }

  part(): void {
    this.a.leg.join(undefined, this.nowMs);
  }

  run(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      this.nowMs += STEP_MS;
      for (const [end, other] of [
        [this.a, this.b],
        [this.b, this.a],
      ] as const) {
        end.deliver(this.nowMs, () => other.collectPassed(this.nowMs));
        end.tick(this.nowMs);
      }
    }
  }
}

/** One leg and its phone. */
export class JoinedEnd {
  readonly leg: Leg;
  readonly sent: SentPacket[] = [];
  readonly rtcpSent: { readonly datagram: Uint8Array; readonly atMs: number }[] = [];
  readonly events: MediaEvent[] = [];
  readonly address: string;
  audio: NegotiatedAudio;
  readonly #tickPhaseMs: number;
  #arrivals: Arrival[] = [];
  #nowMs: number;

  constructor(address: string, seed: number, options: JoinedEndOptions, nowMs: number) {
    this.address = address;
    this.audio = { ...PCMU_AUDIO, ...options.audio, remoteAddress: address };
    this.#tickPhaseMs = options.tickPhaseMs ?? 0;
    this.#nowMs = nowMs;
    this.leg = new Leg(
      {
        symmetricRtp: false,
        silenceTimeoutMs: 30_000,
        epochAtZeroMs: EPOCH_AT_ZERO_MS,
        cname: address,
        random: seededRandom(seed),
      },
      nowMs,
    );
    this.handle({ kind: 'negotiate', audio: this.audio });
  }

  handle(command: MediaCommand): void {
    this.leg.handle(command, this.#nowMs);
    this.#collectEvents();
  }

  negotiate(changes: Partial<NegotiatedAudio>): void {
    this.audio = { ...this.audio, ...changes };
    this.handle({ kind: 'negotiate', audio: this.audio });
  }

  /** Has the phone's datagrams arrive, from its own address or a stranger's. */
  expect(arrivals: readonly Arrival[]): void {
    this.#arrivals.push(...arrivals);
    this.#arrivals.sort((one, other) => one.atMs - other.atMs);
  }

  deliver(nowMs: number, afterEach: () => void): void {
    this.#nowMs = nowMs;
    while (this.#arrivals[0] !== undefined && this.#arrivals[0].atMs <= nowMs) {
      const { datagram, from = this.address } = this.#arrivals.shift()!;
      this.leg.receiveRtp(datagram, datagram.length, from, this.audio.remotePort, nowMs);
      afterEach();
    }
    this.#collectEvents();
  }

  collectPassed(nowMs: number): void {
    const passed = this.leg.takePassed();
    if (passed !== undefined) this.sent.push(parseSent(passed, nowMs));
  }

  tick(nowMs: number): void {
    if ((nowMs - this.#tickPhaseMs) % 20 !== 0) return;
    this.leg.tick(nowMs);
    const { rtp, rtcp } = this.leg;
    if (rtp !== undefined) this.sent.push(parseSent(rtp, nowMs));
    if (rtcp !== undefined) this.rtcpSent.push({ datagram: rtcp.slice(), atMs: nowMs });
    this.leg.rest(nowMs);
    this.#collectEvents();
  }

  eventsOf<Kind extends MediaEvent['kind']>(kind: Kind): Extract<MediaEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<MediaEvent, { kind: Kind }> => event.kind === kind);
  }

  /** Audio packets sent since then. */
  audioSince(fromMs: number): SentPacket[] {
    return this.sent.filter(
      ({ payloadType, atMs }) => payloadType === this.audio.payloadType && atMs > fromMs,
    );
  }

  /** What the phone hears of the packets sent since then, each at its timestamp's place; silence where there is none. */
  heardSince(fromMs: number, codec: NegotiatedAudio['codec'] = this.audio.codec): Int16Array {
    const packets = this.audioSince(fromMs).sort((one, other) =>
      sequenceDistance(other.sequenceNumber, one.sequenceNumber),
    );
    const rateHz = codec === 'G722' ? 16_000 : 8000;
    const perTick = rateHz / 8000;
    const first = packets[0]!.timestamp;
    const last = packets.at(-1)!;
    const ticks = timestampDistance(first, last.timestamp) + last.payload.length;
    const samples = new Int16Array(ticks * perTick);
    const decoder = createDecoder(codec, rateHz);
    for (const { payload, timestamp } of packets) {
      const at = timestampDistance(first, timestamp) * perTick;
      if (at >= 0) decoder.decode(payload, 0, payload.length, samples, at);
    }
    return samples;
  }

  #collectEvents(): void {
    this.events.push(...(this.leg.takeEvents() ?? []));
  }
}

export interface Arrival {
  readonly atMs: number;
  readonly datagram: Uint8Array;
  /** A stranger's address. */
  readonly from?: string;
}

export interface SpeechOptions {
  readonly codec?: NegotiatedAudio['codec'];
  readonly payloadType?: number;
  readonly ptimeMs?: number;
  readonly fromMs: number;
  readonly lengthMs: number;
  /** Of the first packet, so that more of a stream can follow. */
  readonly sequence?: number;
  readonly timestamp?: number;
  readonly ssrc?: number;
  /** How late packet `n` comes. */
  readonly delayMs?: (n: number) => number;
}

/** A phone's packets with these samples, from their beginning. */
export function speech(samples: Int16Array, options: SpeechOptions): Arrival[] {
  const {
    codec = 'PCMU',
    payloadType = codec === 'PCMU' ? 0 : codec === 'PCMA' ? 8 : 9,
    ptimeMs = 20,
  } = options;
  const { fromMs, lengthMs, sequence = 65_500, timestamp = 4_294_900_000, ssrc = 0x1234 } = options;
  const encoder = createEncoder(codec, codec === 'G722' ? 16_000 : 8000);
  const ticks = ptimeMs * 8;
  const perPacket = (ptimeMs * encoder.rateHz) / 1000;
  return Array.from({ length: Math.floor(lengthMs / ptimeMs) }, (_, n) => {
    const datagram = new Uint8Array(12 + ticks);
    const stamp = (timestamp + n * ticks) >>> 0;
    writeRtpHeader(datagram, payloadType, n === 0, (sequence + n) & 0xffff, stamp, ssrc);
    encoder.encode(samples, (n * perPacket) % (samples.length - perPacket + 1), perPacket, datagram, 12);
    return { atMs: fromMs + n * ptimeMs + (options.delayMs?.(n) ?? 0), datagram };
  });
}

/** What these packets carry. */
export function payloadsOf(arrivals: readonly Arrival[]): Uint8Array[] {
  return arrivals.map(({ datagram }) => datagram.slice(12));
}

const STEP_MS = 0.25;
