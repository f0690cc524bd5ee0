import { describe, expect, it } from 'vitest';
import { sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { type Arrival, JoinedPair, payloadsOf, speech } from '../support/joined-pair.ts';
import type { SentPacket } from '../support/leg-harness.ts';

const high = tone(1000, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 });
const low = tone(400, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 });

describe('two phones that are joined', () => {
  it('hear each other at their level from the first packet on', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 3000 }));
    pair.b.expect(speech(low, { fromMs: 1013, lengthMs: 3000, ssrc: 9 }));
    pair.run(1000);
    pair.join();
    pair.run(2000);
    const heardByB = pair.b.heardSince(2007);
    const heardByA = pair.a.heardSince(2013);
    expect(Math.abs(toneLevelDb(heardByB.subarray(0, 800), 1000, 8000) + 10)).toBeLessThan(0.5);
    expect(Math.abs(toneLevelDb(heardByA.subarray(0, 800), 400, 8000) + 10)).toBeLessThan(0.5);
    expect(toneLevelDb(heardByB, 400, 8000)).toBeLessThan(-60);
    expect(toneLevelDb(heardByA, 1000, 8000)).toBeLessThan(-60);
    // A sample of a 1 kHz tone at -10 dBFS and what the law makes of it.
    expect(sharpestBend(heardByB)).toBeLessThan(7000);
  });

  it('get each packet the moment it comes, with its octets, in a stream of the leg they talk to', () => {
    const { pair, arrivals, sent } = passed({ lengthMs: 1000, delayMs: (n) => (n * 7) % 13 });
    expect(sent.map(({ payload }) => payload)).toEqual(payloadsOf(arrivals));
    expect(sent.map(({ atMs }) => atMs)).toEqual(arrivals.map(({ atMs }) => atMs));
    expectContinuous(pair.b.sent, 160);
    expect(new Set(pair.b.sent.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(pair.b.sent[0]!.ssrc).not.toBe(0x1234);
  });

  it.each([10, 30, 40])('get packets of %i ms as such', (ptimeMs) => {
    const { arrivals, sent, pair } = passed({ ptimeMs, lengthMs: 1200 });
    expect(sent.map(({ payload }) => payload)).toEqual(payloadsOf(arrivals));
    expectSpacing(sent, ptimeMs * 8);
    expect(pair.b.sent.filter(({ atMs }) => atMs > 1206).length).toBe(arrivals.length);
  });

  it('get the payload types they named themselves', () => {
    const pair = new JoinedPair({ a: { audio: { payloadType: 96 } }, b: { audio: { payloadType: 97 } } });
    pair.join();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 500, payloadType: 96 }));
    pair.run(500);
    expect(new Set(pair.b.sent.map(({ payloadType }) => payloadType))).toEqual(new Set([97]));
  });

  it('see what the network lost, reordered and doubled as it was, and nothing twice', () => {
    const pair = joinedPair();
    const whole = speech(high, { fromMs: 1207, lengthMs: 2000 });
    const shuffled = whole
      .filter((_, n) => n !== 20 && n !== 21)
      .map((arrival, n) => (n === 40 ? { ...arrival, atMs: arrival.atMs + 45 } : arrival));
    const doubled = whole[60]!;
    pair.a.expect([...shuffled, { ...doubled, atMs: doubled.atMs + 3 }]);
    pair.run(2000);
    const sent = pair.b.audioSince(1206);
    const numbers = sent.map(({ sequenceNumber }) => (sequenceNumber - sent[0]!.sequenceNumber) & 0xffff);
    expect(numbers.slice(0, 21)).toEqual([...Array(20).keys(), 22]);
    // Number 42 was overtaken by two: it is sent when it came.
    expect(numbers.slice(38, 44)).toEqual([40, 41, 43, 44, 42, 45]);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBe(98);
    for (const { sequenceNumber, timestamp, payload } of sent) {
      const n = (sequenceNumber - sent[0]!.sequenceNumber) & 0xffff;
      expect((timestamp - sent[0]!.timestamp) >>> 0).toBe(n * 160);
      expect(payload).toEqual(payloadsOf([whole[n]!])[0]);
    }
  });

  it('do not hear strangers who send to either port', () => {
    const pair = joinedPair();
    pair.a.expect(speech(high, { fromMs: 1207, lengthMs: 1000 }));
    const injected = speech(low, { fromMs: 1212, lengthMs: 1000, sequence: 65_505 });
    pair.a.expect(injected.map((arrival) => ({ ...arrival, from: '192.0.2.66' })));
    pair.b.expect(injected.map((arrival) => ({ ...arrival, from: '192.0.2.66' })));
    pair.run(1000);
    expect(pair.b.audioSince(1206).length).toBe(50);
    expect(toneLevelDb(pair.b.heardSince(1206), 400, 8000)).toBeLessThan(-60);
    expect(toneLevelDb(pair.a.heardSince(1206), 400, 8000)).toBeLessThan(-60);
    expect(pair.a.leg.stats.inbound.dropped['foreign-source']).toBe(50);
  });

  it('are not flooded by each other', () => {
    const pair = joinedPair();
    const flood: Arrival[] = [];
    for (let n = 0; n < 4000; n++) {
      flood.push(
        ...speech(high, { fromMs: 1207 + n / 4, lengthMs: 20, sequence: 100 + n, timestamp: n * 160 }),
      );
    }
    pair.a.expect(flood);
    pair.run(1000);
    expect(pair.b.sent.filter(({ atMs }) => atMs > 1206).length).toBeLessThan(300);
  });

  it('go on in one stream when the far end begins another', () => {
    const pair = joinedPair();
    const first = speech(high, { fromMs: 1207, lengthMs: 500 });
    const second = speech(high, { fromMs: 1707, lengthMs: 500, ssrc: 77, sequence: 5, timestamp: 123 });
    pair.a.expect([...first, ...second]);
    pair.run(1000);
    const sent = pair.b.audioSince(1206);
    expect(sent.length).toBe(50);
    expectContinuous(sent, 160);
    expect(sent[25]!.marker).toBe(true);
  });

  it('have their own RTCP, whose clock is that of what is passed', () => {
    const pair = joinedPair();
    pair.a.expect(speech(high, { fromMs: 1207, lengthMs: 30_000 }));
    pair.run(20_000);
    const reports = pair.b.rtcpSent.filter(({ datagram }) => datagram[1] === 200);
    expect(reports.length).toBeGreaterThan(1);
    for (const { datagram, atMs } of reports) {
      const view = new DataView(datagram.buffer, datagram.byteOffset);
      const latest = pair.b.sent.filter((packet) => packet.atMs <= atMs).at(-1)!;
      expect(view.getUint32(4)).toBe(latest.ssrc);
      const aheadMs = ((view.getUint32(16) - latest.timestamp) | 0) / 8;
      expect(Math.abs(aheadMs - (atMs - latest.atMs))).toBeLessThan(1);
    }
  });
});

/** Joined at 1000, with a phone at each side that has not spoken. */
function joinedPair(): JoinedPair {
  const pair = new JoinedPair();
  pair.run(200);
  pair.join();
  return pair;
}

/** The 1 kHz tone of A's phone, and what went to B's. */
function passed(options: { lengthMs: number; ptimeMs?: number; delayMs?: (n: number) => number }): {
  pair: JoinedPair;
  arrivals: Arrival[];
  sent: SentPacket[];
} {
  const pair = new JoinedPair();
  // The source is heard before the two are joined, as callers are.
  const before = speech(high, { fromMs: 1007, lengthMs: 200, ptimeMs: 10, sequence: 100, timestamp: 1000 });
  pair.a.expect(before);
  pair.run(200);
  pair.join();
  const arrivals = speech(high, { fromMs: 1207, sequence: 120, timestamp: 2600, ...options });
  pair.a.expect(arrivals);
  pair.run(options.lengthMs);
  return { pair, arrivals, sent: pair.b.audioSince(1206) };
}

function expectContinuous(packets: readonly SentPacket[], ticks: number): void {
  for (let i = 1; i < packets.length; i++) {
    expect((packets[i]!.sequenceNumber - packets[i - 1]!.sequenceNumber) & 0xffff).toBe(1);
  }
  expectSpacing(packets, ticks);
}

function expectSpacing(packets: readonly SentPacket[], ticks: number): void {
  for (let i = 1; i < packets.length; i++) {
    expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) >>> 0).toBe(ticks);
  }
}
