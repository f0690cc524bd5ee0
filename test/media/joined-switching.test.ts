import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sharpestBend, tone } from '../support/audio.ts';
import { type Arrival, JoinedPair, speech } from '../support/joined-pair.ts';
import { clipOf } from '../support/mixing.ts';
import { seededRandom } from '../support/virtual-network.ts';

const voice = tone(500, { rateHz: 8000, lengthSamples: 160_000, levelDb: -10 });
const hum = clipOf(tone(250, { rateHz: 8000, lengthSamples: 8000, levelDb: -30 }), 8000);

const deeds = [
  'play',
  'stop',
  'queue',
  'part',
  'join',
  'listen',
  'digit',
  'hold',
  'resume',
  'codec',
] as const;

const scenario = fc.record({
  ptimeMs: fc.constantFrom(10, 20, 30, 40),
  jitterMs: fc.constantFrom(0, 0, 5, 15),
  sourcePhaseMs: fc.nat(19),
  tickPhaseA: fc.nat(19),
  tickPhaseB: fc.nat(19),
  seed: fc.nat(),
  steps: fc.array(fc.record({ deed: fc.constantFrom(...deeds), waitMs: fc.integer({ min: 1, max: 700 }) }), {
    minLength: 1,
    maxLength: 20,
  }),
});

it('keeps one stream whatever is switched and when: each number once, time going on, no gap, no jump', () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const { pair, lengthMs } = play(given, given.steps);
      const sent = pair.b.sent.filter(({ atMs }) => atMs > 1040 && atMs < 1000 + lengthMs);
      // At ends of packets, a jittering source, and a tick on top.
      const longestGapMs = Math.max(40, given.ptimeMs + given.jitterMs + 20);
      const isHeld = given.steps.some(({ deed }) => deed === 'hold');
      for (let i = 1; i < sent.length; i++) {
        const [before, packet] = [sent[i - 1]!, sent[i]!];
        expect(packet.ssrc).toBe(before.ssrc);
        expect((packet.sequenceNumber - before.sequenceNumber) & 0xffff).toBe(1);
        const isAudio = packet.payloadType !== 101 && before.payloadType !== 101;
        const ticks = (packet.timestamp - before.timestamp) | 0;
        if (isAudio) expect(ticks).toBeGreaterThanOrEqual(before.payload.length);
        const elapsedMs = packet.atMs - before.atMs;
        if (isAudio) expect(Math.abs(ticks / 8 - elapsedMs)).toBeLessThanOrEqual(longestGapMs);
        if (!isHeld) expect(elapsedMs).toBeLessThanOrEqual(longestGapMs);
      }
      // Over the whole, the media clock has kept time; a key keeps the time of its beginning.
      const audio = sent.filter(({ payloadType }) => payloadType !== 101);
      const [first, last] = [audio[0]!, audio.at(-1)!];
      const driftMs = ((last.timestamp - first.timestamp) >>> 0) / 8 - (last.atMs - first.atMs);
      expect(Math.abs(driftMs)).toBeLessThan(40 + 20 * given.steps.length);
    }),
    { numRuns: 150 },
  );
}, 60_000);

it('never clicks when something begins or ends to play', () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const steps = given.steps.filter(({ deed }) => deed === 'play' || deed === 'stop' || deed === 'listen');
      const { pair, lengthMs } = play({ ...given, jitterMs: 0 }, steps);
      if (lengthMs < 300) return;
      // A tone of 500 Hz at -10 dBFS bends by 1,580; what the law makes of it and the hum, by less than as much again.
      expect(sharpestBend(pair.b.heardSince(1100))).toBeLessThan(3400);
    }),
    { numRuns: 100 },
  );
}, 60_000);

type Scenario = typeof scenario extends fc.Arbitrary<infer Given> ? Given : never;

function play(given: Scenario, steps: Scenario['steps']): { pair: JoinedPair; lengthMs: number } {
  const { tickPhaseA, tickPhaseB, ptimeMs, jitterMs, sourcePhaseMs, seed } = given;
  const pair = new JoinedPair({ a: { tickPhaseMs: tickPhaseA }, b: { tickPhaseMs: tickPhaseB } });
  const random = seededRandom(seed);
  const lengthMs = 100 + steps.reduce((sum, { waitMs }) => sum + waitMs, 0);
  const said = { fromMs: 1000 + sourcePhaseMs, lengthMs: lengthMs + 200, ptimeMs };
  pair.a.expect(inOrder(speech(voice, { ...said, delayMs: () => random() * jitterMs })));
  pair.b.expect(speech(voice, { ...said, ptimeMs: 20, ssrc: 9 }));
  pair.join();
  pair.run(100);
  let playoutId = 0;
  for (const { deed, waitMs } of steps) {
    switch (deed) {
      case 'play':
        pair.b.handle({ kind: 'start-loop', track: 'hum', clip: hum, gain: 1, fadeMs: 20 });
        break;
      case 'stop':
        pair.b.handle({ kind: 'stop-track', track: 'hum', fadeMs: 20 });
        break;
      case 'queue':
        pair.b.handle({ kind: 'queue-clip', playoutId: ++playoutId, clip: hum });
        break;
      case 'part':
        pair.part();
        break;
      case 'join':
        pair.join();
        break;
      case 'listen':
        pair.a.handle({ kind: 'listen', rateHz: 16_000, chunkMs: random() < 0.5 ? 0 : 60 });
        break;
      case 'digit':
        pair.b.handle({ kind: 'send-digits', digits: '5' });
        break;
      case 'hold':
        pair.b.handle({ kind: 'pause' });
        break;
      case 'resume':
        pair.b.handle({ kind: 'resume' });
        break;
      case 'codec': {
        const isPcmu = pair.b.audio.codec === 'PCMU';
        pair.b.negotiate({ codec: isPcmu ? 'PCMA' : 'PCMU', payloadType: isPcmu ? 8 : 0 });
        break;
      }
    }
    pair.run(waitMs);
  }
  return { pair, lengthMs };
}

/** A network that delays does not reorder here. */
function inOrder(arrivals: readonly Arrival[]): Arrival[] {
  let latestMs = 0;
  return arrivals.map((arrival) => {
    latestMs = Math.max(latestMs, arrival.atMs);
    return { ...arrival, atMs: latestMs };
  });
}
