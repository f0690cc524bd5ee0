import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtpPacket } from '../../src/rtp/packet.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { gaps } from '../support/listening.ts';
import { pcmuPlayout, play, type SendOptions, type SentPacket, send } from '../support/playout-run.ts';

const rateHz = 8000;
const twoSeconds = tone(440, { rateHz, lengthSamples: 2 * rateHz, levelDb: -10 });
const first: SendOptions = { ssrc: 1, firstSequence: 100, firstTimestamp: 1000 };

describe('playout when the stream is replaced by another', () => {
  const changes: [string, SendOptions][] = [
    ['the SSRC changes', { ssrc: 2, firstSequence: 40_000, firstTimestamp: 3_000_000_000 }],
    ['the SSRC alone changes', { ssrc: 2, firstSequence: 200, firstTimestamp: 17_000 }],
    [
      'the timestamp leaps by half its range',
      { ssrc: 1, firstSequence: 200, firstTimestamp: 2 ** 31 + 17_000 },
    ],
    ['the timestamp goes back to 0', { ssrc: 1, firstSequence: 200, firstTimestamp: 0 }],
    ['the sequence number leaps by 30,000', { ssrc: 1, firstSequence: 30_200, firstTimestamp: 17_000 }],
    ['the sequence number goes back', { ssrc: 1, firstSequence: 65_000, firstTimestamp: 17_000 }],
  ];
  for (const [change, options] of changes) {
    it(`plays on within two frames when ${change}`, () => {
      const packets = [...send(twoSeconds, first), ...send(twoSeconds, { ...options, startMs: 2000 })];
      const { samples, playout, kinds } = play(packets, { forMs: 3960 });
      expect(playout.stats.resyncs).toBe(1);
      expect(playout.stats.refused).toBe(0);
      expect(gaps(samples.subarray(rateHz / 2), rateHz, { leastMs: 40 })).toEqual([]);
      expect(kinds.slice(5).filter((kind) => kind !== 'decoded').length).toBeLessThanOrEqual(2);
    });
  }

  it('stays with the stream it plays while packets of another come between', () => {
    const other = send(twoSeconds, { ssrc: 2, startMs: 10 });
    const plain = play(send(twoSeconds, first), { forMs: 1900 });
    const { samples, playout } = play([...send(twoSeconds, first), ...other], { forMs: 1900 });
    expect(samples).toEqual(plain.samples);
    expect(playout.stats.resyncs).toBe(0);
    expect(playout.stats.refused).toBeGreaterThan(90);
  });
});

describe('playout of a sender that does as it likes', () => {
  const tenSeconds = tone(440, { rateHz, lengthSamples: 10 * rateHz, levelDb: -10 });
  const abuses: [string, (packet: RtpPacket, index: number) => void][] = [
    ['leaps 2^31 with every timestamp', (p, i) => (p.timestamp = (p.timestamp + (i % 2) * 2 ** 31) >>> 0)],
    [
      'leaps 2^31 every third packet',
      (p, i) => (p.timestamp = (p.timestamp + (i % 6 > 2 ? 2 ** 31 : 0)) >>> 0),
    ],
    ['leaps 30,000 sequence numbers each time', (p, i) => (p.sequenceNumber = (i * 30_000) & 0xffff)],
    ['changes SSRC every other packet', (p, i) => (p.ssrc = i >> 1)],
    ['changes payload type every packet', (p, i) => (p.payloadType = i % 128)],
    ['repeats one sequence number', (p) => (p.sequenceNumber = 7)],
    ['repeats one timestamp', (p) => (p.timestamp = 7)],
    ['counts timestamps twice as fast', (p, i) => (p.timestamp = i * 320)],
    ['runs backwards', (p, i) => (p.sequenceNumber = 60_000 - i)],
  ];
  for (const [abuse, commit] of abuses) {
    it(`resyncs at most once a second, and recovers within one, when it ${abuse}`, () => {
      const packets = send(tenSeconds);
      for (const [index, { packet }] of packets.entries()) commit(packet, index);
      const sane = send(twoSeconds, { ssrc: 0xffff, startMs: 10_000 });
      const { playout, samples } = play([...packets, ...sane], { forMs: 11_900 });
      expect(playout.stats.resyncs).toBeLessThanOrEqual(11);
      const heard = samples.subarray(11.2 * rateHz, 11.8 * rateHz);
      expect(toneLevelDb(heard, 440, rateHz)).toBeCloseTo(-10, 0);
    });
  }

  it('gives every frame whatever comes', () => {
    const anyPacket = fc.record({
      payloadType: fc.constantFrom(0, 0, 0, 13, 101),
      sequenceNumber: fc.oneof(fc.nat(200), fc.nat(0xffff)),
      timestamp: fc.oneof(fc.nat(20_000), fc.nat(0xffffffff)),
      ssrc: fc.nat(2),
      payloadLength: fc.oneof(fc.constant(160), fc.nat(1400)),
      waitMs: fc.oneof(fc.nat(40), fc.nat(3000)),
    });
    fc.assert(
      fc.property(fc.array(anyPacket, { maxLength: 200 }), (described) => {
        const playout = pcmuPlayout();
        playout.setComfortNoise(13);
        let arrivalMs = 0;
        const packets: SentPacket[] = described.map(({ waitMs, ...fields }) => {
          arrivalMs += waitMs;
          const packet = Object.assign(new RtpPacket(), fields, { octets: new Uint8Array(1400).fill(0x55) });
          return { packet, sentMs: 0, arrivalMs };
        });
        const { kinds } = play(packets, { forMs: arrivalMs + 500, playout });
        expect(kinds).toHaveLength(Math.floor((arrivalMs + 500) / 20));
        expect(playout.stats.resyncs).toBeLessThanOrEqual(arrivalMs / 1000 + 1);
      }),
    );
  });
});
