import { describe, expect, it } from 'vitest';
import type { Clip } from '../../src/audio/clip.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { EPOCH_AT_ZERO_MS, LegHarness, type SentPacket } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';

describe('what the phone is sent', () => {
  it('is a packet every 20 ms from the negotiation on, silence included, the first one marked', () => {
    const harness = new LegHarness();
    harness.run(2000);
    expect(harness.sent.length).toBe(100);
    expect(harness.sent.map(({ marker }) => marker).indexOf(true)).toBe(0);
    expect(harness.sent.filter(({ marker }) => marker).length).toBe(1);
    expectContinuous(harness.sent);
    expect(new Set(harness.sent[50]!.payload)).toEqual(new Set([0xff]));
  });

  it('is a queued clip at its level, with its start and end told', () => {
    const harness = new LegHarness();
    harness.run(200);
    harness.handle({ kind: 'queue-clip', playoutId: 7, clip: toneClip(1000, 1000) });
    const startedAtMs = harness.nowMs + 20;
    harness.run(1500);
    expect(toneLevelDb(harness.heardByPhone(10).subarray(0, 8000), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(harness.eventsOf('playout-started')).toEqual([
      { kind: 'playout-started', playoutId: 7, wallMs: EPOCH_AT_ZERO_MS + startedAtMs },
    ]);
    expect(harness.eventsOf('playout-ended')).toEqual([
      { kind: 'playout-ended', playoutId: 7, playedMs: 1000, cause: 'finished' },
    ]);
  });

  it('is a stream at another rate, resampled without a seam between its parts', () => {
    const harness = new LegHarness();
    harness.handle({ kind: 'queue-stream', playoutId: 1, rateHz: 24_000 });
    const samples = tone(1000, { rateHz: 24_000, lengthSamples: 48_000, levelDb: -10 });
    for (let from = 0; from < samples.length; from += 1111) {
      const part = samples.slice(from, from + 1111);
      harness.handle({ kind: 'stream-samples', playoutId: 1, samples: part });
    }
    harness.handle({ kind: 'stream-end', playoutId: 1 });
    harness.run(2500);
    const heard = harness.heardByPhone();
    expect(toneLevelDb(heard.subarray(0, 16_000), 1000, 8000)).toBeCloseTo(-10, 0);
    const [ended] = harness.eventsOf('playout-ended');
    expect(ended!.playedMs).toBeGreaterThanOrEqual(2000);
    expect(ended!.playedMs).toBeLessThan(2010);
  });

  it('is a loop under a clip over everything, each at its own gain, until the loop is stopped', () => {
    const harness = new LegHarness();
    const loop = toneClip(500, 300);
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: loop, gain: 0.5, fadeMs: 0 });
    harness.handle({ kind: 'start-clip', track: 'ding', clip: toneClip(1000, 1000), gain: 1 });
    harness.run(1000);
    expect(toneLevelDb(harness.heardByPhone(), 500, 8000)).toBeCloseTo(-16, 0);
    expect(toneLevelDb(harness.heardByPhone(), 1000, 8000)).toBeCloseTo(-10, 0);
    harness.handle({ kind: 'set-gain', track: 'ambience', gain: 0.25, rampMs: 20 });
    harness.run(1000);
    expect(toneLevelDb(harness.heardByPhone(60), 500, 8000)).toBeCloseTo(-22, 0);
    harness.handle({ kind: 'stop-track', track: 'ambience', fadeMs: 40 });
    harness.run(1000);
    expect(toneLevelDb(harness.heardByPhone(110), 500, 8000)).toBeLessThan(-70);
    expect(harness.eventsOf('track-ended').map(({ track }) => track)).toEqual(['ding', 'ambience']);
  });

  it('is cut within a frame when the queue is flushed, and what had not started is not told', () => {
    const harness = new LegHarness();
    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: toneClip(1000, 5000) });
    harness.handle({ kind: 'queue-clip', playoutId: 2, clip: toneClip(1000, 5000) });
    harness.run(1000);
    harness.handle({ kind: 'flush-queue' });
    harness.run(1000);
    expect(harness.eventsOf('playout-ended')).toEqual([
      { kind: 'playout-ended', playoutId: 1, playedMs: expect.closeTo(1000, 0), cause: 'flushed' },
    ]);
    expect(toneLevelDb(harness.heardByPhone(51), 1000, 8000)).toBeLessThan(-70);
  });
});

describe('hold', () => {
  it.each([
    ['our own', (harness: LegHarness, held: boolean) => harness.handle({ kind: held ? 'pause' : 'resume' })],
    [
      "the phone's",
      (harness: LegHarness, held: boolean) =>
        harness.negotiate({ direction: held ? 'recvonly' : 'sendrecv' }),
    ],
  ])('%s sends nothing, and goes on afterwards with a marker and the clock of the wall', (_, hold) => {
    const harness = new LegHarness();
    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: toneClip(1000, 2000) });
    harness.run(1000);
    hold(harness, true);
    harness.run(5000);
    expect(harness.sent.length).toBe(50);
    hold(harness, false);
    harness.run(1500);

    const [last, first] = [harness.sent[49]!, harness.sent[50]!];
    expect(first.marker).toBe(true);
    expect(first.sequenceNumber).toBe((last.sequenceNumber + 1) & 0xffff);
    expect((first.timestamp - last.timestamp) >>> 0).toBe((5020 * 8000) / 1000);
    expect(first.ssrc).toBe(last.ssrc);
    // The queue has waited: the clip is heard whole.
    expect(toneLevelDb(harness.heardByPhone().subarray(0, 16_000), 1000, 8000)).toBeCloseTo(-10, 0);
    expect(harness.eventsOf('playout-ended')[0]!.playedMs).toBe(2000);
  });

  it('does not play later what a live agent said in the meantime', () => {
    const harness = new LegHarness();
    const line = harness.openRawLine(8000);
    harness.handle({ kind: 'pause' });
    const speech = new Uint8Array(tone(1000, { rateHz: 8000, lengthSamples: 160, levelDb: -10 }).buffer);
    harness.run(2000, () => line.play(speech, undefined));
    harness.handle({ kind: 'resume' });
    harness.run(1000);
    expect(toneLevelDb(harness.heardByPhone(2), 1000, 8000)).toBeLessThan(-70);
  });
});

describe('a changed negotiation', () => {
  it('changes the codec within the stream', () => {
    const harness = new LegHarness();
    harness.run(200);
    harness.negotiate({ codec: 'PCMA', payloadType: 8 });
    harness.run(200);
    expectContinuous(harness.sent);
    expect(harness.sent[9]!.payloadType).toBe(0);
    expect(harness.sent[10]!.payloadType).toBe(8);
    expect(new Set(harness.sent[12]!.payload)).toEqual(new Set([0xd5]));
  });

  it('changes where packets go', () => {
    const harness = new LegHarness();
    harness.negotiate({ remoteAddress: '192.0.2.20', remotePort: 7000 });
    expect([harness.leg.rtpAddress, harness.leg.rtpPort]).toEqual(['192.0.2.20', 7000]);
  });
});

describe('ticks left out because the thread was held up', () => {
  it('move the media clock on and mark the next packet', () => {
    const harness = new LegHarness();
    harness.run(200);
    harness.leg.skip(10, harness.nowMs);
    harness.nowMs += 200;
    harness.run(20);
    const [last, first] = [harness.sent[9]!, harness.sent[10]!];
    expect((first.timestamp - last.timestamp) >>> 0).toBe(11 * 160);
    expect(first.marker).toBe(true);
    expect(first.sequenceNumber).toBe((last.sequenceNumber + 1) & 0xffff);
  });
});

describe('a live agent after ticks left out', () => {
  it('does not lag behind', () => {
    const harness = new LegHarness();
    const line = harness.openRawLine(8000);
    const silence = new Uint8Array(320);
    const speech = new Uint8Array(tone(1000, { rateHz: 8000, lengthSamples: 160, levelDb: -10 }).buffer);
    harness.run(200, () => line.play(silence, undefined));
    // The thread is held up: ten messages wait for it.
    for (let message = 0; message < 10; message++) line.play(silence, undefined);
    harness.leg.skip(10, harness.nowMs);
    harness.run(100, () => line.play(speech, undefined));
    expect(toneLevelDb(harness.heardByPhone(12), 1000, 8000)).toBeGreaterThan(-15);
  });
});

describe('digits for the far end', () => {
  it('leave as telephone events in the place of audio, 200 ms apart', () => {
    const harness = new LegHarness();
    harness.run(200);
    harness.handle({ kind: 'send-digits', digits: '1#' });
    harness.run(600);
    const events = harness.sent.filter(({ payloadType }) => payloadType === 101);
    expect(events.map(({ payload }) => payload[0])).toEqual([...Array(7).fill(1), ...Array(7).fill(11)]);
    expect(events[7]!.atMs - events[0]!.atMs).toBe(200);
    expect(new Set(events.slice(0, 7).map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(harness.sent.length).toBe(40);
  });

  it('are pressed for as long as they were asked to', () => {
    const harness = new LegHarness();
    harness.handle({ kind: 'send-digits', digits: '1', durationMs: 300 });
    harness.handle({ kind: 'send-digits', digits: '2' });
    harness.run(1000);
    const events = harness.sent.filter(({ payloadType }) => payloadType === 101);
    expect(events.filter(({ payload }) => payload[0] === 1)).toHaveLength(17);
    expect(events.filter(({ payload }) => payload[0] === 2)).toHaveLength(7);
  });

  it('are forgotten when it takes none any more: they would come out of nowhere later', () => {
    const harness = new LegHarness();
    harness.handle({ kind: 'send-digits', digits: '1234' });
    harness.run(60);
    harness.negotiate({ telephoneEventPayloadType: undefined });
    harness.run(1000);
    const sent = harness.sent.length;
    harness.negotiate();
    harness.run(1000);
    expect(harness.sent.slice(sent).filter(({ payloadType }) => payloadType === 101)).toEqual([]);
  });

  it('are left out when it takes none', () => {
    const harness = new LegHarness({ audio: { telephoneEventPayloadType: undefined } });
    harness.handle({ kind: 'send-digits', digits: '1' });
    harness.run(200);
    expect(new Set(harness.sent.map(({ payloadType }) => payloadType))).toEqual(new Set([0]));
  });
});

describe('a bug inside a leg', () => {
  it('is told once, and the leg is silent from then on', () => {
    const harness = new LegHarness();
    harness.run(200);
    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: { ...toneClip(1000, 100), rateHz: 44_100 } });
    harness.handle({ kind: 'queue-clip', playoutId: 2, clip: { ...toneClip(1000, 100), rateHz: 44_100 } });
    harness.run(200);
    expect(harness.eventsOf('failed').length).toBe(1);
    expect(harness.sent.length).toBe(10);
  });
});

function expectContinuous(packets: readonly SentPacket[]): void {
  for (let i = 1; i < packets.length; i++) {
    expect((packets[i]!.sequenceNumber - packets[i - 1]!.sequenceNumber) & 0xffff).toBe(1);
    expect((packets[i]!.timestamp - packets[i - 1]!.timestamp) >>> 0).toBe(160);
    expect(packets[i]!.ssrc).toBe(packets[0]!.ssrc);
  }
}

/** A tone at -10 dBFS. */
function toneClip(frequencyHz: number, lengthMs: number): Clip {
  const samples = tone(frequencyHz, { rateHz: 8000, lengthSamples: lengthMs * 8, levelDb: -10 });
  return clipOf(samples, 8000, `${frequencyHz} ${lengthMs}`);
}
