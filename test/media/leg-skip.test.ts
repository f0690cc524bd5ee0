import { expect, it } from 'vitest';
import { pcmuEncoder } from '../../codecs/pcmu.ts';
import { Leg } from '../../src/media/leg.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { levelDb, tone } from '../support/audio.ts';

const audio: NegotiatedAudio = {
  codec: 'PCMU',
  payloadType: 0,
  telephoneEventPayloadType: 101,
  comfortNoisePayloadType: undefined,
  remoteAddress: '192.0.2.1',
  remotePort: 4000,
  remoteRtcpPort: 4001,
  rtcpMux: false,
  direction: 'sendrecv',
  remotePtimeMs: 20,
};

it('gives whoever listens silence for ticks that were left out, so that what is heard keeps time', () => {
  const leg = new Leg(
    { symmetricRtp: false, silenceTimeoutMs: 30_000, epochAtZeroMs: 0, cname: 'a', random: () => 0.5 },
    0,
  );
  leg.handle({ kind: 'negotiate', audio }, 0);
  leg.handle({ kind: 'listen', rateHz: 8000, chunkMs: 20 }, 0);
  const sound = tone(400, { rateHz: 8000, lengthSamples: 160 });
  const datagram = new Uint8Array(172);
  const heard: Int16Array[] = [];
  const run = (from: number, to: number): void => {
    for (let frame = from; frame < to; frame++) {
      writeRtpHeader(datagram, 0, false, frame, frame * 160, 1);
      pcmuEncoder.encode(sound, 0, 160, datagram, 12);
      leg.receiveRtp(datagram, datagram.length, '192.0.2.1', 4000, frame * 20);
      leg.tick(frame * 20 + 5);
      for (const event of leg.takeEvents() ?? [])
        if (event.kind === 'heard-samples') heard.push(event.samples);
    }
  };
  run(0, 50);
  leg.skip(10, 1_200);
  run(60, 100);

  expect(heard).toHaveLength(100);
  expect(heard.slice(50, 60).every((frame) => levelDb(frame) < -90)).toBe(true);
  expect(levelDb(heard[45]!)).toBeGreaterThan(-10);
  expect(levelDb(heard[95]!)).toBeGreaterThan(-10);
});
