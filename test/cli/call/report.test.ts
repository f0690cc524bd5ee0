import { describe, expect, it } from 'vitest';
import type { Destination } from '../../../src/cli/call/destination.ts';
import { Observation } from '../../../src/cli/call/observation.ts';
import type { PhoneEnd } from '../../../src/cli/call/phone-call.ts';
import { reportOf, reportText } from '../../../src/cli/call/report.ts';
import { statusLine } from '../../../src/cli/call/status-line.ts';
import type { LegStats } from '../../../src/media/command.ts';
import type { NegotiatedAudio } from '../../../src/sdp/negotiated.ts';
import { tone } from '../../support/audio.ts';

const destination: Destination = {
  uri: 'sip:demo@pbx.example',
  transport: 'udp',
  address: '192.0.2.1',
  port: 5060,
  localAddress: '192.0.2.9',
};
const audio: NegotiatedAudio = {
  codec: 'PCMA',
  payloadType: 8,
  telephoneEventPayloadType: 101,
  comfortNoisePayloadType: undefined,
  remoteAddress: '192.0.2.1',
  remotePort: 4000,
  remoteRtcpPort: 4001,
  rtcpMux: false,
  direction: 'sendrecv',
  remotePtimeMs: 20,
};
const stats: LegStats = {
  inbound: {
    packets: 101,
    octets: 16_160,
    lost: 2,
    reordered: 0,
    duplicates: 0,
    late: 1,
    jitterMs: 0.31,
    concealedMs: 40,
    playoutDelayMs: 20,
    pacingMs: { p50: 20, p99: 21.3, max: 40.04 },
    dropped: { 'foreign-source': 3, overflow: 0 },
  },
  outbound: { packets: 100, octets: 16_000 },
  roundTripMs: 1.26,
};
const hungUp: PhoneEnd = { kind: 'ended', by: 'remote', statusCode: undefined, why: undefined };

function talkedFor2s(): Observation {
  const observation = new Observation();
  observation.responded = true;
  observation.note({ kind: 'calling' }, 1_000);
  observation.note({ kind: 'ringing', statusCode: 180 }, 1_003.24);
  observation.note({ kind: 'answered', audio }, 1_040);
  const sound = tone(1000, { rateHz: 8000, lengthSamples: 160, levelDb: -20 });
  for (let frame = 0; frame < 100; frame++) observation.note({ kind: 'heard', frame: sound }, 1_040);
  observation.notePressed('2', 'rtp');
  observation.notePressed('0', 'rtp');
  observation.note({ kind: 'stats', stats }, 3_040);
  observation.note(hungUp, 3_040);
  return observation;
}

describe('the report of a call', () => {
  it('reads well', () => {
    expect(reportText(reportOf(talkedFor2s(), hungUp, destination, 'heard.wav'))).toBe(
      [
        'Answered, and ended by the far end.',
        '  call       sip:demo@pbx.example (udp to 192.0.2.1:5060)',
        '  set-up     40.0 ms from INVITE to 200, ringing after 3.2 ms',
        '  talked     2.00 s',
        '  codec      PCMA',
        '  keys       2,0 by RTP',
        '  sent       100 packets',
        '  received   101 packets, 2 lost, 1 late, jitter 0.3 ms, 40.0 ms concealed',
        '  pacing     20.0 / 21.3 / 40.0 ms (p50 / p99 / max)',
        '  dropped    3 foreign-source',
        '  round trip 1.3 ms',
        '  heard      -20.0 dBFS, peak -20.0; never below -60 dBFS',
        '  recording  heard.wav, 2.00 s',
        '',
      ].join('\n'),
    );
  });

  it('is plain data too', () => {
    const report = reportOf(talkedFor2s(), hungUp, destination, 'heard.wav');
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({
      outcome: { kind: 'completed', by: 'remote' },
      exitCode: 0,
      setUpMs: 40,
      talkMs: 2000,
      keys: { pressed: '2,0', by: 'rtp' },
      media: { inbound: { packets: 101 } },
      heard: { lengthMs: 2000, longestQuietMs: 0 },
    });
  });

  it('says no more of a call that was refused than there is to say', () => {
    const observation = new Observation();
    observation.responded = true;
    observation.note({ kind: 'calling' }, 0);
    const end: PhoneEnd = { ...hungUp, statusCode: 486 };
    observation.note(end, 5);
    expect(reportText(reportOf(observation, end, destination, 'heard.wav'))).toBe(
      'Not answered: 486 Busy Here.\n  call       sip:demo@pbx.example (udp to 192.0.2.1:5060)\n',
    );
  });
});

describe('the status line', () => {
  it('tells calling, that nothing has come, ringing and talking', () => {
    const observation = new Observation();
    const line = (nowMs: number): string => statusLine(observation, 'sip:demo@pbx.example', nowMs);
    expect(line(0)).toBe('preparing to call sip:demo@pbx.example');
    observation.note({ kind: 'calling' }, 0);
    expect(line(1_000)).toBe('calling 00:01  sip:demo@pbx.example');
    expect(line(5_000)).toBe('calling 00:05  sip:demo@pbx.example  (no response yet)');
    observation.note({ kind: 'ringing', statusCode: 180 }, 6_000);
    expect(line(66_000)).toBe('ringing 01:06  sip:demo@pbx.example');
    observation.note({ kind: 'answered', audio }, 70_000);
    observation.note({ kind: 'heard', frame: new Int16Array(160) }, 70_020);
    observation.notePressed('2', 'rtp');
    expect(line(82_000)).toBe(
      'talking 00:12   [                        ] -96 dBFS   keys 2   Ctrl-C hangs up',
    );
  });
});
