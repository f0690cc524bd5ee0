import { describe, expect, it } from 'vitest';
import { sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { type JoinedEndOptions, JoinedPair, payloadsOf, speech } from '../support/joined-pair.ts';
import type { SentPacket } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';

const high = tone(1000, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 });
const wide = tone(1000, { rateHz: 16_000, lengthSamples: 160_000, levelDb: -10 });
const music = clipOf(tone(400, { rateHz: 8000, lengthSamples: 8000, levelDb: -20 }), 8000);

describe('joined phones of different codecs', () => {
  it.each([
    ['PCMU', 'PCMA'],
    ['PCMA', 'PCMU'],
    ['G722', 'PCMU'],
    ['PCMU', 'G722'],
    ['PCMA', 'G722'],
  ] as const)('hear each other, %s at one and %s at the other', (codecA, codecB) => {
    const pair = new JoinedPair({ a: endOf(codecA), b: endOf(codecB) });
    const samples = codecA === 'G722' ? wide : high;
    pair.a.expect(speech(samples, { codec: codecA, fromMs: 1007, lengthMs: 3000 }));
    pair.run(500);
    pair.join();
    pair.run(2000);
    const rateHz = codecB === 'G722' ? 16_000 : 8000;
    const heard = pair.b.heardSince(1700);
    expect(Math.abs(toneLevelDb(heard, 1000, rateHz) + 10)).toBeLessThan(0.5);
    expectSteady(pair.b.sent);
  });

  it.each([30, 40])('get packets of 20 ms from one that sends %i ms', (ptimeMs) => {
    const pair = new JoinedPair({ a: endOf('PCMA'), b: endOf('PCMU') });
    pair.a.expect(speech(high, { codec: 'PCMA', fromMs: 1007, lengthMs: 3000, ptimeMs }));
    pair.join();
    pair.run(2500);
    expect(toneLevelDb(pair.b.heardSince(1500), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(new Set(pair.b.sent.map(({ payload }) => payload.length))).toEqual(new Set([160]));
    expectSteady(pair.b.sent);
  });
});

describe('a track on one leg', () => {
  it.each([20, 30, 40])(
    'is heard with the other caller, whose packets of %i ms pass again behind it',
    (ptimeMs) => {
      const pair = new JoinedPair();
      const arrivals = speech(high, { fromMs: 1007, lengthMs: 6000, ptimeMs });
      pair.a.expect(arrivals);
      pair.b.expect(speech(high, { fromMs: 1002, lengthMs: 6000, ssrc: 9 }));
      pair.join();
      pair.run(1500);
      pair.b.handle({ kind: 'start-loop', track: 'music', clip: music, gain: 1, fadeMs: 0 });
      pair.run(1500);
      pair.b.handle({ kind: 'stop-track', track: 'music', fadeMs: 20 });
      pair.run(2000);

      const mixed = pair.b.heardSince(2600).subarray(0, 8000);
      expect(toneLevelDb(mixed, 400, 8000)).toBeCloseTo(-20, 0);
      expect(toneLevelDb(mixed, 1000, 8000)).toBeCloseTo(-10, 0);
      // The other direction has passed all along.
      expect(toneLevelDb(pair.a.heardSince(2500).subarray(0, 4000), 400, 8000)).toBeLessThan(-60);

      expectSteady(pair.b.sent, Math.max(40, ptimeMs + 20));
      const passedAgain = pair.b.audioSince(4900);
      const octets = new Set(payloadsOf(arrivals).map((payload) => payload.join()));
      expect(passedAgain.every(({ payload }) => octets.has(payload.join()))).toBe(true);
      expect(passedAgain.every(({ payload }) => payload.length === ptimeMs * 8)).toBe(true);
      expect(sharpestBend(pair.b.heardSince(1100))).toBeLessThan(CLICK);
    },
  );

  it('takes the caller over to the sample, and without waiting for the network', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 4000 }));
    pair.join();
    pair.run(1500);
    // What plays is silent, so that what is heard is the caller alone.
    const silence = clipOf(new Int16Array(800), 8000);
    pair.b.handle({ kind: 'start-loop', track: 'music', clip: silence, gain: 1, fadeMs: 0 });
    pair.run(1000);
    const heard = pair.b.heardSince(1100);
    // One period after the other, over the change too.
    for (let i = 8; i < heard.length; i++) expect(Math.abs(heard[i]! - heard[i - 8]!)).toBeLessThan(900);
  });
});

describe('hold', () => {
  it('of the source leaves silence in the stream it was heard in', () => {
    const pair = new JoinedPair();
    const samples = { fromMs: 1007, lengthMs: 2000 };
    pair.a.expect(speech(high, samples));
    pair.join();
    pair.run(1000);
    pair.a.negotiate({ direction: 'sendonly' });
    pair.run(1000);
    expectSteady(pair.b.sent);
    expect(pair.b.audioSince(2100).length).toBeGreaterThan(40);
    expect(toneLevelDb(pair.b.heardSince(2200), 1000, 8000)).toBeLessThan(-70);
    expect(sharpestBend(pair.b.heardSince(1100))).toBeLessThan(CLICK);
    pair.a.negotiate({ direction: 'sendrecv' });
    const back = speech(high, { fromMs: 3007, lengthMs: 2000, sequence: 64, timestamp: 9_999 });
    pair.a.expect(back);
    pair.run(2000);
    expectSteady(pair.b.sent);
    const octets = new Set(payloadsOf(back).map((payload) => payload.join()));
    expect(pair.b.audioSince(4000).every(({ payload }) => octets.has(payload.join()))).toBe(true);
  });

  it('of the target keeps its stream, and lets it go on afterwards with a marker', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 4000 }));
    pair.join();
    pair.run(1000);
    pair.b.handle({ kind: 'pause' });
    pair.run(1000);
    expect(pair.b.audioSince(2012).length).toBe(0);
    pair.b.handle({ kind: 'resume' });
    pair.run(1000);
    const before = pair.b.audioSince(0).filter(({ atMs }) => atMs < 2500);
    const [first] = pair.b.audioSince(2500);
    const last = before.at(-1)!;
    expect((first!.sequenceNumber - last.sequenceNumber) & 0xffff).toBe(1);
    expect(first!.marker).toBe(true);
    const steppedMs = ((first!.timestamp - last.timestamp) >>> 0) / 8;
    expect(Math.abs(steppedMs - (first!.atMs - last.atMs))).toBeLessThanOrEqual(20);
    expect(pair.b.audioSince(3015).length).toBeGreaterThan(48);
  });
});

describe('a source that falls silent', () => {
  it('is heard as silence in steps of 20 ms, and passes again when it is back', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 1000, sequence: 10, timestamp: 0 }));
    const back = speech(high, { fromMs: 4007, lengthMs: 2000, sequence: 60, timestamp: 24_000 });
    pair.a.expect(back);
    pair.join();
    pair.run(5000);
    expectSteady(pair.b.sent, 150);
    const silent = pair.b.sent.filter(({ atMs }) => atMs > 2200 && atMs < 4000);
    expect(silent.length).toBe(90);
    expectSteady(silent, 20);
    const octets = new Set(payloadsOf(back).map((payload) => payload.join()));
    expect(pair.b.audioSince(5000).every(({ payload }) => octets.has(payload.join()))).toBe(true);
  });
});

describe('a re-INVITE that changes a codec', () => {
  it.each([
    ['the source', (pair: JoinedPair) => pair.a],
    ['the target', (pair: JoinedPair) => pair.b],
  ])('of %s changes over without a click or a gap', (_, endOfPair) => {
    const pair = new JoinedPair();
    const toA = endOfPair(pair) === pair.a;
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 1000, sequence: 0, timestamp: 0 }));
    pair.a.expect(
      speech(high, {
        codec: toA ? 'PCMA' : 'PCMU',
        fromMs: 2007,
        lengthMs: 2000,
        sequence: 50,
        timestamp: 8000,
      }),
    );
    pair.join();
    pair.run(1005);
    endOfPair(pair).negotiate({ codec: 'PCMA', payloadType: 8 });
    pair.run(1500);
    expectSteady(pair.b.sent);
    const heard = pair.b.heardSince(2100, toA ? 'PCMU' : 'PCMA');
    expect(toneLevelDb(heard, 1000, 8000)).toBeCloseTo(-10, 0);
    if (toA) expect(sharpestBend(pair.b.heardSince(1100))).toBeLessThan(CLICK);
  });
});

/** Number after number, never back in time, and never longer apart than so. */
function expectSteady(packets: readonly SentPacket[], longestMs = 40): void {
  for (let i = 1; i < packets.length; i++) {
    const [before, packet] = [packets[i - 1]!, packets[i]!];
    expect((packet.sequenceNumber - before.sequenceNumber) & 0xffff).toBe(1);
    const ticks = (packet.timestamp - before.timestamp) | 0;
    expect(ticks).toBeGreaterThanOrEqual(before.payload.length);
    expect(packet.ssrc).toBe(before.ssrc);
    expect(packet.atMs - before.atMs).toBeLessThanOrEqual(longestMs);
    // The media clock does not run away from time.
    expect(Math.abs(ticks / 8 - (packet.atMs - before.atMs))).toBeLessThanOrEqual(40);
  }
}

function endOf(codec: 'PCMU' | 'PCMA' | 'G722'): JoinedEndOptions {
  const payloadType = { PCMU: 0, PCMA: 8, G722: 9 }[codec];
  return { audio: { codec, payloadType } };
}

/** A tone of 1 kHz at -10 dBFS under one of 400 Hz bends by 6,100 and what the law adds; a cut in it by 10,000. */
const CLICK = 7500;
