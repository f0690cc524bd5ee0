/** What one leg costs in 20 ms, sockets excepted: `node test/bench/leg.ts`. */
import { Leg } from '../../src/media/leg.ts';
import { LegLine } from '../../src/media/leg-line.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { type NegotiatedAudio, sampleRateHz } from '../../src/sdp/negotiated.ts';
import { noise } from '../support/audio.ts';
import { clipOf } from '../support/mixing.ts';
import { CALLS, microsecondsPerFrame, reportLine } from './measure.ts';

const address = '192.0.2.1';
const port = 4000;
const audio: NegotiatedAudio = {
  codec: 'PCMU',
  payloadType: 0,
  telephoneEventPayloadType: 101,
  comfortNoisePayloadType: undefined,
  remoteAddress: address,
  remotePort: port,
  remoteRtcpPort: port + 1,
  rtcpMux: false,
  direction: 'sendrecv',
  remotePtimeMs: 20,
};

for (const codec of ['PCMU', 'G722'] as const) {
  reportLine(`${codec}: echo`, measure(codec, 'echo'));
  reportLine(`${codec}: agent at 16 kHz`, measure(codec, 'agent'));
  reportLine(`${codec}: agent at 16 kHz and ambience`, measure(codec, 'agent-ambience'));
}

function measure(codec: 'PCMU' | 'G722', work: 'echo' | 'agent' | 'agent-ambience'): number {
  const payloadType = codec === 'G722' ? 9 : 0;
  const rateHz = sampleRateHz(codec);
  const ambience = clipOf(noise({ lengthSamples: 10 * rateHz, peak: 1000 }), rateHz);
  const legs = Array.from({ length: CALLS }, (_, index) => {
    const leg = new Leg(
      {
        symmetricRtp: false,
        silenceTimeoutMs: 30_000,
        epochAtZeroMs: 0,
        cname: `leg ${index}`,
        random: () => 0.5,
      },
      0,
    );
    leg.handle({ kind: 'negotiate', audio: { ...audio, codec, payloadType } }, 0);
    if (work === 'echo') leg.handle({ kind: 'echo', enabled: true }, 0);
    const line = new LegLine({ hears: 'caller', speaks: true });
    if (work !== 'echo') {
      const form = { encoding: 'l16', rateHz: 16_000 } as const;
      leg.addLine(line);
      line.ready({ toAgent: form, chunkMs: 20, fromAgent: form, isLive: true, forgetsEarly: true });
    }
    if (work === 'agent-ambience') {
      leg.handle({ kind: 'start-loop', track: 'ambience', clip: ambience, gain: 0.3, fadeMs: 0 }, 0);
    }
    return { leg, line, packet: new Uint8Array(172).fill(0x55), sequence: 0, nowMs: index / 25 };
  });
  return microsecondsPerFrame((call) => {
    const state = legs[call]!;
    const { leg, line, packet } = state;
    writeRtpHeader(packet, payloadType, false, state.sequence & 0xffff, (state.sequence * 160) >>> 0, call);
    leg.receiveRtp(packet, packet.length, address, port, state.nowMs);
    leg.tick(state.nowMs + 7);
    if (line.chunkReady) line.play(line.chunk, undefined);
    line.chunkReady = false;
    leg.takeEvents();
    state.sequence += 1;
    state.nowMs += 20;
  });
}
