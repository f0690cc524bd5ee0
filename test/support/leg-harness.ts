import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import type { AgentLineOptions, LineAudio } from '../../src/audio/agent-line.ts';
import type { MediaCommand, MediaEvent } from '../../src/media/command.ts';
import { Leg, type LegOptions } from '../../src/media/leg.ts';
import { LegLine } from '../../src/media/leg-line.ts';
import { parseRtpPacket, RtpPacket, writeRtpHeader } from '../../src/rtp/packet.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';

/** The far end of `LegHarness`, as the SDP names it. */
export const FAR_ADDRESS = '192.0.2.10';
export const FAR_PORT = 6000;

export const PCMU_AUDIO: NegotiatedAudio = {
  codec: 'PCMU',
  payloadType: 0,
  telephoneEventPayloadType: 101,
  comfortNoisePayloadType: undefined,
  remoteAddress: FAR_ADDRESS,
  remotePort: FAR_PORT,
  remoteRtcpPort: FAR_PORT + 1,
  rtcpMux: false,
  direction: 'sendrecv',
  remotePtimeMs: 20,
};

/** One packet a leg sent. */
export interface SentPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly payload: Uint8Array;
  /** As it went onto the wire. */
  readonly datagram: Uint8Array;
  readonly atMs: number;
}

/** A leg in virtual time with everything it sends and tells written down. */
export class LegHarness {
  readonly leg: Leg;
  readonly sent: SentPacket[] = [];
  readonly rtcpSent: { readonly datagram: Uint8Array; readonly atMs: number }[] = [];
  readonly events: MediaEvent[] = [];
  /** The lines opened, and the pieces of the caller that each got. */
  readonly lines: { readonly line: LegLine; readonly chunks: Uint8Array[] }[] = [];
  nowMs = 1000;

  /** `later`: nothing is negotiated until the test does it. */
  constructor(options: Partial<LegOptions> & { audio?: Partial<NegotiatedAudio> | 'later' } = {}) {
    const { audio, ...legOptions } = options;
    this.leg = new Leg(
      {
        symmetricRtp: false,
        silenceTimeoutMs: 30_000,
        epochAtZeroMs: EPOCH_AT_ZERO_MS,
        cname: 'harness',
        random: () => 0.5,
        ...legOptions,
      },
      this.nowMs,
    );
    if (audio !== 'later') this.negotiate(audio);
  }

  handle(command: MediaCommand): void {
    this.leg.handle(command, this.nowMs);
    this.#collectEvents();
  }

  negotiate(changes: Partial<NegotiatedAudio> = {}): void {
    this.handle({ kind: 'negotiate', audio: { ...PCMU_AUDIO, ...changes } });
  }

  /** Opens a line whose agent is there at once. */
  openLine(
    audio: LineAudio,
    options: Pick<AgentLineOptions, 'hears' | 'speaks'> = { hears: 'caller', speaks: true },
  ): LegLine {
    const line = new LegLine(options);
    this.leg.addLine(line);
    this.lines.push({ line, chunks: [] });
    line.ready(audio);
    return line;
  }

  /** The line of a raw audio agent. */
  openRawLine(rateHz: 8000 | 16_000 | 24_000, chunkMs: 20 | 40 | 60 = 20): LegLine {
    const form = { encoding: 'l16', rateHz } as const;
    return this.openLine({
      toAgent: form,
      chunkMs,
      fromAgent: form,
      isLive: true,
      forgetsEarly: true,
    });
  }

  /** The first line's pieces, as samples. */
  get agentMessages(): Int16Array[] {
    return (this.lines[0]?.chunks ?? []).map((chunk) => new Int16Array(chunk.slice().buffer));
  }

  receive(datagram: Uint8Array, address: string = FAR_ADDRESS, port: number = FAR_PORT): void {
    this.leg.receiveRtp(datagram, datagram.length, address, port, this.nowMs);
    this.#collectEvents();
  }

  receiveRtcp(datagram: Uint8Array, address: string = FAR_ADDRESS, port: number = FAR_PORT + 1): void {
    this.leg.receiveRtcp(datagram, datagram.length, address, port, this.nowMs);
    this.#collectEvents();
  }

  /** Runs for so long; before each tick `eachTick` may deliver what the network brings. */
  run(ms: number, eachTick: (tick: number) => void = () => undefined): void {
    for (let tick = 0; tick < ms / 20; tick++) {
      eachTick(tick);
      this.nowMs += 20;
      this.leg.tick(this.nowMs);
      this.#collect();
      this.leg.rest(this.nowMs);
      this.#collectEvents();
    }
  }

  close(): void {
    this.leg.close(this.nowMs);
    this.#collect();
  }

  eventsOf<Kind extends MediaEvent['kind']>(kind: Kind): Extract<MediaEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<MediaEvent, { kind: Kind }> => event.kind === kind);
  }

  /** What the phone has heard: the audio packets sent, decoded, one after the other. */
  heardByPhone(from = 0): Int16Array {
    const audio = this.sent.filter(({ payloadType }) => payloadType === 0).slice(from);
    const samples = new Int16Array(audio.length * 160);
    audio.forEach(({ payload }, index) => {
      pcmuDecoder.decode(payload, 0, payload.length, samples, index * 160);
    });
    return samples;
  }

  heardByAgent(): Int16Array {
    return concatenate(this.agentMessages);
  }

  heardByListener(): Int16Array {
    return concatenate(this.eventsOf('heard-samples').map(({ samples }) => samples));
  }

  #collect(): void {
    const { rtp, rtcp } = this.leg;
    if (rtp !== undefined) this.sent.push(parseSent(rtp, this.nowMs));
    if (rtcp !== undefined) this.rtcpSent.push({ datagram: rtcp.slice(), atMs: this.nowMs });
    for (const { line, chunks } of this.lines) {
      for (let early = line.takeEarlyChunk(); early !== undefined; early = line.takeEarlyChunk()) {
        chunks.push(Uint8Array.from(early));
      }
      if (!line.chunkReady) continue;
      line.chunkReady = false;
      chunks.push(Uint8Array.from(line.chunk));
    }
    this.#collectEvents();
  }

  #collectEvents(): void {
    this.events.push(...(this.leg.takeEvents() ?? []));
  }
}

/** Makes a phone's packets, 20 ms each, from samples at 8 kHz. */
export class PhoneStream {
  readonly #ssrc: number;
  readonly #samples: Int16Array;
  #sequence = 100;
  #sent = 0;

  /** The samples begin again when they are over. */
  constructor(samples: Int16Array, ssrc = 0x1234) {
    this.#samples = samples;
    this.#ssrc = ssrc;
  }

  next(): Uint8Array {
    const datagram = new Uint8Array(172);
    const timestamp = 5000 + this.#sent * 160;
    writeRtpHeader(datagram, 0, this.#sent === 0, this.#sequence++ & 0xffff, timestamp, this.#ssrc);
    const from = (this.#sent % Math.floor(this.#samples.length / 160)) * 160;
    pcmuEncoder.encode(this.#samples, from, 160, datagram, 12);
    this.#sent++;
    return datagram;
  }
}

export function parseSent(datagram: Uint8Array, atMs: number): SentPacket {
  const packet = new RtpPacket();
  const refusal = parseRtpPacket(datagram, datagram.length, packet);
  if (refusal !== undefined) throw new Error(`the leg sent a datagram that is not RTP: ${refusal}`);
  const { payloadType, marker, sequenceNumber, timestamp, ssrc, payloadOffset, payloadLength } = packet;
  const payload = datagram.slice(payloadOffset, payloadOffset + payloadLength);
  return {
    payloadType,
    marker,
    sequenceNumber,
    timestamp,
    ssrc,
    payload,
    datagram: datagram.slice(),
    atMs,
  };
}

function concatenate(parts: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** 2026-01-01T00:00:00Z at 0 of the monotonic clock. */
export const EPOCH_AT_ZERO_MS: number = Date.UTC(2026, 0, 1);
