/** What two joined callers cost in 20 ms, sockets excepted, beside two who talk to agents: `node test/bench/joined-legs.ts`. */

import { Leg } from '../../src/media/leg.ts';
import { LegLine } from '../../src/media/leg-line.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import type { AudioCodecName, NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { clipOf } from '../support/mixing.ts';
import { CALLS, microsecondsPerFrame, reportLine } from './measure.ts';

const address = '192.0.2.1';
const port = 4000;

const music = {
  kind: 'start-loop',
  track: 'music',
  clip: clipOf(new Int16Array(8000).fill(500)),
  gain: 0.3,
  fadeMs: 0,
} as const;

const agents = measure('two calls with agents at 16 kHz', { a: 'PCMU', b: 'PCMU', agents: true });
const passed = measure('joined, packets pass', { a: 'PCMU', b: 'PCMU' });
measure('joined, packets pass, one tapped', { a: 'PCMU', b: 'PCMU', listens: true });
measure('joined, one hears music', { a: 'PCMU', b: 'PCMU', music: true });
measure('joined, PCMU and PCMA', { a: 'PCMU', b: 'PCMA' });
measure('joined, PCMU and G.722', { a: 'PCMU', b: 'G722' });
measure('joined, G.722 both', { a: 'G722', b: 'G722' });

interface Pair {
  readonly a: AudioCodecName;
  readonly b: AudioCodecName;
  readonly agents?: boolean;
  readonly music?: boolean;
  readonly listens?: boolean;
}

interface Party {
  readonly leg: Leg;
  readonly packet: Uint8Array;
  readonly payloadType: number;
  readonly line: LegLine | undefined;
}

function measure(name: string, pair: Pair): number {
  const half = CALLS / 2;
  const pairs = Array.from({ length: half }, (_, index) => {
    const a = party(pair.a, pair.agents === true);
    const b = party(pair.b, pair.agents === true);
    if (pair.agents !== true) a.leg.join(b.leg, 0);
    if (pair.music === true) b.leg.handle(music, 0);
    if (pair.listens === true) a.leg.handle({ kind: 'watch-voice', enabled: true }, 0);
    return { a, b, sequence: 0, nowMs: index / 12.5 };
  });
  const microseconds = microsecondsPerFrame((call) => {
    // Each call of the measure is one leg: every other one does the work of a pair.
    if (call % 2 === 1) return;
    const state = pairs[call >> 1]!;
    say(state.a, state.sequence, state.nowMs);
    state.b.leg.takePassed();
    say(state.b, state.sequence, state.nowMs + 5);
    state.a.leg.takePassed();
    tick(state.a, state.nowMs + 7);
    tick(state.b, state.nowMs + 9);
    state.sequence += 1;
    state.nowMs += 20;
  });
  const others = name.startsWith('joined') ? { agents } : {};
  if (name !== 'joined, packets pass' && name.startsWith('joined')) Object.assign(others, { passed });
  reportLine(name, 2 * microseconds, others);
  return 2 * microseconds;
}

function say({ leg, packet, payloadType }: Party, sequence: number, nowMs: number): void {
  writeRtpHeader(packet, payloadType, false, sequence & 0xffff, (sequence * 160) >>> 0, 1);
  leg.receiveRtp(packet, packet.length, address, port, nowMs);
}

function tick({ leg, line }: Party, nowMs: number): void {
  leg.tick(nowMs);
  leg.takeEvents();
  if (line?.chunkReady !== true) return;
  line.play(line.chunk, undefined);
  line.chunkReady = false;
}

function party(codec: AudioCodecName, hasAgent: boolean): Party {
  const payloadType = { PCMU: 0, PCMA: 8, G722: 9 }[codec];
  const audio: NegotiatedAudio = {
    codec,
    payloadType,
    telephoneEventPayloadType: 101,
    comfortNoisePayloadType: undefined,
    remoteAddress: address,
    remotePort: port,
    remoteRtcpPort: port + 1,
    rtcpMux: false,
    direction: 'sendrecv',
    remotePtimeMs: 20,
  };
  const leg = new Leg(
    { symmetricRtp: false, silenceTimeoutMs: 30_000, epochAtZeroMs: 0, cname: 'leg', random: () => 0.5 },
    0,
  );
  leg.handle({ kind: 'negotiate', audio }, 0);
  let line: LegLine | undefined;
  if (hasAgent) {
    line = new LegLine({ hears: 'caller', speaks: true });
    leg.addLine(line);
    const wire = { encoding: 'l16', rateHz: 16_000 } as const;
    line.ready({ toAgent: wire, chunkMs: 20, fromAgent: wire, isLive: true, forgetsEarly: true });
  }
  return { leg, packet: new Uint8Array(172).fill(0x55), payloadType, line };
}
