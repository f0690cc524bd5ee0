import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import { LegLine } from '../../src/media/leg-line.ts';
import { sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { type Arrival, JoinedPair, speech } from '../support/joined-pair.ts';
import type { SentPacket } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';

const high = tone(1000, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 });
const low = tone(400, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 });

describe('a key pressed on one phone', () => {
  it.each([
    ['passes', false],
    ['goes among the frames of a mixed stream', true],
  ])('%s under the payload type of the other, and is told as a digit of its own leg', (_, isMixed) => {
    const pair = new JoinedPair({ b: { audio: { telephoneEventPayloadType: 96 } } });
    pair.a.expect(withKey(7, 1600));
    pair.join();
    if (isMixed) pair.b.handle(silentLoop);
    pair.run(2000);
    const events = pair.b.sent.filter(({ payloadType }) => payloadType === 96);
    expect(events.map(({ payload }) => payload)).toEqual(keyPayloads(7));
    expect(events[0]!.marker).toBe(true);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    expectNumbered(pair.b.sent);
    const before = pair.b.audioSince(0).filter(({ atMs }) => atMs < 1600);
    const elapsedMs = ((events[0]!.timestamp - before.at(-1)!.timestamp) | 0) / 8;
    expect(elapsedMs).toBeGreaterThanOrEqual(0);
    expect(elapsedMs).toBeLessThanOrEqual(40);
    expect(pair.a.eventsOf('digit')).toEqual([{ kind: 'digit', digit: '7', durationMs: 100 }]);
    expect(pair.b.eventsOf('digit')).toEqual([]);
    // The voice goes on behind it.
    expect(toneLevelDb(pair.b.heardSince(2200), 1000, 8000)).toBeCloseTo(-10, 0);
  });

  it('is silence to a phone that takes no events, and nothing is missing from its stream', () => {
    const pair = new JoinedPair({ b: { audio: { telephoneEventPayloadType: undefined } } });
    pair.a.expect(withKey(7, 1600));
    pair.join();
    pair.run(2000);
    expect(new Set(pair.b.sent.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
    expectNumbered(pair.b.sent);
    for (let i = 1; i < pair.b.sent.length; i++) {
      expect(pair.b.sent[i]!.atMs - pair.b.sent[i - 1]!.atMs).toBeLessThanOrEqual(40);
    }
    expect(pair.a.eventsOf('digit').length).toBe(1);
  });

  it('does not make an agent lag that speaks to the other meanwhile', () => {
    const pair = new JoinedPair();
    pair.a.expect(withKey(7, 1600));
    const line = new LegLine({ hears: 'caller', speaks: true });
    const form = { encoding: 'l16', rateHz: 8000 } as const;
    pair.b.leg.addLine(line);
    line.ready({ toAgent: form, chunkMs: 20, fromAgent: form, isLive: true });
    pair.join();
    pair.run(400);
    for (let ms = 0; ms < 800; ms += 20) {
      line.play(new Uint8Array(low.slice(0, 160).buffer), undefined);
      pair.run(20);
    }
    const endMs = pair.nowMs;
    pair.run(500);
    expect(toneLevelDb(pair.b.heardSince(endMs - 200).subarray(0, 1600), 400, 8000)).toBeCloseTo(-10, 0);
    expect(toneLevelDb(pair.b.heardSince(endMs + 60).subarray(0, 1600), 400, 8000)).toBeLessThan(-60);
  });

  it('is not believed when a stranger sends it', () => {
    const pair = new JoinedPair();
    const arrivals = withKey(7, 1600);
    const isKey = ({ datagram }: Arrival): boolean => (datagram[1]! & 0x7f) === 101;
    pair.a.expect(arrivals.map((arrival) => (isKey(arrival) ? { ...arrival, from: '192.0.2.66' } : arrival)));
    pair.join();
    pair.run(2000);
    expect(pair.b.sent.filter(({ payloadType }) => payloadType === 101)).toEqual([]);
    expect(pair.a.eventsOf('digit')).toEqual([]);
  });
});

describe('comfort noise of one phone', () => {
  it('passes to one that has named it, and silence is left to that phone', () => {
    const pair = new JoinedPair({
      a: { audio: { comfortNoisePayloadType: 13 } },
      b: { audio: { comfortNoisePayloadType: 19 } },
    });
    pair.a.expect(withPause());
    pair.join();
    pair.run(3000);
    const noise = pair.b.sent.filter(({ payloadType }) => payloadType === 19);
    expect(noise.map(({ payload }) => [...payload])).toEqual([[40, 1, 2]]);
    expectNumbered(pair.b.sent);
    const [after] = pair.b.audioSince(2500);
    expect(((after!.timestamp - noise[0]!.timestamp) >>> 0) / 8).toBe(1000);
    expect(pair.b.audioSince(1620).filter(({ atMs }) => atMs < 2600)).toEqual([]);
  });

  it('is said again each second while nothing follows', () => {
    const pair = new JoinedPair({
      a: { audio: { comfortNoisePayloadType: 13 } },
      b: { audio: { comfortNoisePayloadType: 19 } },
    });
    pair.a.expect(withPause().filter(({ atMs }) => atMs < 2000));
    pair.a.expect(speech(high, { fromMs: 5407, lengthMs: 1000, sequence: 31, timestamp: 35_200 }));
    pair.join();
    pair.run(5000);
    const noise = pair.b.sent.filter(({ payloadType }) => payloadType === 19);
    expect(noise.map(({ payload }) => [...payload])).toEqual(Array(4).fill([40, 1, 2]));
    expectNumbered(pair.b.sent);
    const [after] = pair.b.audioSince(5400);
    expect(after!.atMs).toBe(5407);
    expect(((after!.timestamp - noise[0]!.timestamp) >>> 0) / 8).toBeCloseTo(3800, -1);
  });

  it('is filled in for one that has not', () => {
    const pair = new JoinedPair({ a: { audio: { comfortNoisePayloadType: 13 } } });
    pair.a.expect(withPause());
    pair.join();
    pair.run(3000);
    expectNumbered(pair.b.sent);
    const sent = pair.b.sent.filter(({ atMs }) => atMs < 3600);
    for (let i = 1; i < sent.length; i++) {
      expect(sent[i]!.atMs - sent[i - 1]!.atMs).toBeLessThanOrEqual(40);
    }
    const pause = pair.b.heardSince(1900).subarray(0, 4000);
    expect(Math.max(...pause)).toBeGreaterThan(20);
    expect(Math.max(...pause)).toBeLessThan(2000);
  });
});

describe('whoever listens to a joined leg', () => {
  it('hears the caller of that leg, while packets pass as they are', () => {
    const pair = new JoinedPair();
    const { buffer: ring } = SampleRing.create(16_384);
    const arrivals = speech(high, { fromMs: 1007, lengthMs: 4000 });
    pair.a.expect(arrivals);
    pair.b.expect(speech(low, { fromMs: 1001, lengthMs: 4000, ssrc: 9 }));
    pair.join();
    pair.run(1000);
    pair.a.handle({ kind: 'listen', rateHz: 8000, chunkMs: 20 });
    pair.a.handle({ kind: 'tap-caller', ring });
    pair.run(2000);
    const chunks = pair.a.eventsOf('heard-samples');
    expect(chunks.length).toBe(100);
    const heard = Int16Array.from(chunks.slice(10).flatMap(({ samples }) => [...samples]));
    expect(toneLevelDb(heard, 1000, 8000)).toBeCloseTo(-10, 0);
    expect(toneLevelDb(heard, 400, 8000)).toBeLessThan(-60);
    const passed = pair.b.audioSince(2006);
    expect(passed.map(({ atMs }) => atMs % 20)).toEqual(passed.map(() => 7));
  });

  it('hears that caller while the other phone is on hold, and when it is back', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 4000 }));
    pair.join();
    pair.a.handle({ kind: 'listen', rateHz: 8000, chunkMs: 20 });
    pair.run(1000);
    pair.b.negotiate({ direction: 'inactive' });
    pair.run(1000);
    pair.b.negotiate({ direction: 'sendrecv' });
    pair.run(1000);
    const chunks = pair.a.eventsOf('heard-samples').slice(10);
    const levels = chunks.map(({ samples }) => toneLevelDb(samples, 1000, 8000));
    expect(Math.min(...levels)).toBeGreaterThan(-12);
  });

  it('hears that caller without a gap when packets pass again', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 4000 }));
    pair.join();
    pair.a.handle({ kind: 'listen', rateHz: 8000, chunkMs: 20 });
    pair.b.handle(silentLoop);
    pair.run(1500);
    pair.b.handle({ kind: 'stop-track', track: silentLoop.track, fadeMs: 0 });
    pair.run(1500);
    const chunks = pair.a.eventsOf('heard-samples').slice(10);
    const levels = chunks.map(({ samples }) => toneLevelDb(samples, 1000, 8000));
    expect(Math.min(...levels)).toBeGreaterThan(-12);
  });

  it('makes it be decoded, and an agent that waits until its caller is back does not', () => {
    for (const isHushed of [false, true]) {
      const pair = new JoinedPair();
      const arrivals = speech(high, { fromMs: 1007, lengthMs: 4000 });
      pair.a.expect(arrivals.filter((_, n) => n % 10 > 0));
      const line = new LegLine({ hears: 'caller', speaks: true });
      const form = { encoding: 'l16', rateHz: 8000 } as const;
      pair.a.leg.addLine(line);
      line.ready({ toAgent: form, chunkMs: 20, fromAgent: form });
      pair.a.handle({ kind: 'hush-lines', enabled: isHushed });
      pair.join();
      pair.run(3000);
      // What is not decoded is not concealed where it is missing either.
      expect(pair.a.leg.stats.inbound.concealedMs > 100).toBe(!isHushed);
      expect(line.chunkReady).toBe(true);
    }
  });

  it('knows how loud the other phone was in its ears, passed or mixed', () => {
    for (const isMixed of [false, true]) {
      const pair = new JoinedPair();
      pair.b.expect(speech(low, { fromMs: 1001, lengthMs: 1000 }));
      pair.join();
      if (isMixed) pair.a.handle(silentLoop);
      pair.a.handle({ kind: 'watch-voice', enabled: true });
      pair.run(3000);
      expect(pair.a.eventsOf('voice').map(({ isSpeaking }) => isSpeaking)).toEqual([true, false]);
    }
  });
});

describe('joining and parting', () => {
  it('goes to and fro, each leg sending on in its stream', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 5000 }));
    pair.run(500);
    pair.join();
    pair.run(1000);
    pair.part();
    pair.run(1000);
    pair.join();
    pair.run(1000);
    expectNumbered(pair.b.sent);
    expect(toneLevelDb(pair.b.heardSince(1600).subarray(0, 6000), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(toneLevelDb(pair.b.heardSince(2540).subarray(0, 6000), 1000, 8000)).toBeLessThan(-70);
    expect(toneLevelDb(pair.b.heardSince(3600).subarray(0, 6000), 1000, 8000)).toBeCloseTo(-10, 0);
  });

  it('lets an agent hear its caller again', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 5000 }));
    pair.join();
    pair.run(1000);
    pair.part();
    pair.a.handle({ kind: 'listen', rateHz: 8000, chunkMs: 20 });
    pair.run(1000);
    const heard = pair.a.eventsOf('heard-samples').slice(10);
    const samples = Int16Array.from(heard.flatMap((chunk) => [...chunk.samples]));
    expect(toneLevelDb(samples, 1000, 8000)).toBeCloseTo(-10, 0);
  });

  it('ends when one leg is closed, and the other goes on alone', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 3000 }));
    pair.b.expect(speech(low, { fromMs: 1001, lengthMs: 3000 }));
    pair.join();
    pair.run(1000);
    pair.a.leg.close(pair.nowMs);
    pair.run(1000);
    expectNumbered(pair.b.sent);
    expect(pair.b.audioSince(2040).length).toBeGreaterThan(45);
    expect(toneLevelDb(pair.b.heardSince(2100), 1000, 8000)).toBeLessThan(-70);
    expect(pair.a.sent.every(({ atMs }) => atMs <= 2000)).toBe(true);
  });

  it('is nothing between a leg and itself', () => {
    const pair = new JoinedPair();
    pair.a.expect(speech(high, { fromMs: 1007, lengthMs: 3000 }));
    pair.a.leg.join(pair.a.leg, pair.nowMs);
    pair.run(500);
    expect(pair.a.sent.length).toBe(25);
    expect(sharpestBend(pair.a.heardSince(1000))).toBe(0);
  });
});

const silentLoop = {
  kind: 'start-loop',
  track: 'nothing',
  clip: clipOf(new Int16Array(800), 8000),
  gain: 1,
  fadeMs: 0,
} as const;

/** A tone, a key of 100 ms in its place from then on, and the tone again. */
function withKey(digit: number, atMs: number): Arrival[] {
  const whole = speech(high, { fromMs: 1007, lengthMs: 2000, sequence: 100, timestamp: 0 });
  const first = whole.findIndex((arrival) => arrival.atMs > atMs);
  const payloads = keyPayloads(digit);
  return whole.map((arrival, n) => {
    const payload = payloads[n - first];
    if (payload === undefined) return arrival;
    const datagram = new Uint8Array(16);
    datagram.set(arrival.datagram.subarray(0, 12));
    datagram.set(whole[first]!.datagram.subarray(4, 8), 4);
    datagram[1] = n === first ? 0x80 | 101 : 101;
    datagram.set(payload, 12);
    return { ...arrival, datagram };
  });
}

function keyPayloads(digit: number): Uint8Array[] {
  return [160, 320, 480, 640, 800, 800, 800].map((duration, n) =>
    Uint8Array.of(digit, n >= 4 ? 0x8a : 0x0a, duration >> 8, duration & 0xff),
  );
}

/** A tone for 600 ms, comfort noise for a second, and the tone again. */
function withPause(): Arrival[] {
  const before = speech(high, { fromMs: 1007, lengthMs: 600, sequence: 0, timestamp: 0 });
  const after = speech(high, { fromMs: 2607, lengthMs: 1000, sequence: 31, timestamp: 12_800 });
  const noise = new Uint8Array(15);
  noise.set(before[0]!.datagram.subarray(0, 12));
  noise.set([0x80, 13, 0, 30, 0, 0, 0x12, 0xc0]);
  noise.set([40, 1, 2], 12);
  return [...before, { atMs: 1607, datagram: noise }, ...after];
}

function expectNumbered(packets: readonly SentPacket[]): void {
  for (let i = 1; i < packets.length; i++) {
    expect((packets[i]!.sequenceNumber - packets[i - 1]!.sequenceNumber) & 0xffff).toBe(1);
    expect(packets[i]!.ssrc).toBe(packets[0]!.ssrc);
  }
}
