import { expect, it } from 'vitest';
import { framesAt } from '../../src/media/frame.ts';
import { Inbound } from '../../src/media/inbound.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';

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

it('tells how evenly packets arrive, foreign ones and the wait for the first left out', () => {
  const inbound = new Inbound(false);
  inbound.negotiate(audio, framesAt(8000), 0);
  const datagram = new Uint8Array(172).fill(0xff);
  let sequence = 0;
  const arrive = (nowMs: number, address = '192.0.2.1'): void => {
    writeRtpHeader(datagram, 0, false, sequence, sequence * 160, 1);
    sequence += 1;
    inbound.receive(datagram, datagram.length, address, 4000, nowMs);
  };
  for (let packet = 0; packet < 100; packet++) arrive(5_000 + packet * 20);
  arrive(6_985, '192.0.2.66');
  arrive(7_047);
  expect(inbound.stats.pacingMs.p50).toBeCloseTo(20, 0);
  expect(inbound.stats.pacingMs.p99).toBeCloseTo(20, 0);
  expect(inbound.stats.pacingMs.max).toBe(67);

  inbound.negotiate({ ...audio, direction: 'inactive' }, framesAt(8000), 8_000);
  inbound.negotiate(audio, framesAt(8000), 60_000);
  arrive(60_010);
  expect(inbound.stats.pacingMs.max).toBe(67);
});
