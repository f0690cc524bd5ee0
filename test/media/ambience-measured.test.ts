/** Whole legs, measured over minutes in virtual time: what the phone got is compared with what it should have got. */
import { describe, expect, it } from 'vitest';
import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import { Mixer } from '../../src/mixer/mixer.ts';
import { seamOf } from '../../src/mixer/seam.ts';
import { distortionDb, levelDb, noise, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { LegHarness } from '../support/leg-harness.ts';
import { clipOf, play } from '../support/mixing.ts';

const rateHz = 8000;
const TEN_MINUTES_MS = 600_000;

describe('a leg that loops an ambience for ten minutes', () => {
  it.each([
    { name: '1 s', lengthSamples: 8000 },
    { name: '7.3 s', lengthSamples: 58_400 },
    { name: '30 s', lengthSamples: 240_000 },
  ])('of $name sends each sample where it should be, under speech and barge-in', ({ lengthSamples }) => {
    const clip = clipOf(noise({ lengthSamples, peak: 6000, seed: 4 }));
    const seam = seamOf(clip);
    const harness = new LegHarness();
    harness.handle({ kind: 'start-loop', track: 'ambience', clip, gain: 1, fadeMs: 0 });
    // Speech that is silent, so that what is heard stays the ambience to the sample.
    const silence = clipOf(new Int16Array(40_000));
    harness.run(TEN_MINUTES_MS, (tick) => {
      if (tick % 500 === 100) harness.handle({ kind: 'queue-clip', playoutId: tick, clip: silence });
      if (tick % 500 === 150) harness.handle({ kind: 'flush-queue' });
    });
    const heard = harness.heardByPhone();
    expect(heard.length).toBe(TEN_MINUTES_MS * 8);
    expect(firstDifference(heard, clip.samples, seam)).toBe(-1);
  });
});

describe('a leg at its limits', () => {
  it('with twenty tracks at +20 dB sends full scale, and wraps nowhere', () => {
    const sound = tone(100, { rateHz, lengthSamples: 8000, levelDb: -1 });
    const harness = new LegHarness();
    for (let i = 0; i < 20; i++)
      harness.handle({
        kind: 'start-loop',
        track: `${i}`,
        clip: clipOf(sound, rateHz, `${i}`),
        gain: 10,
        fadeMs: 0,
      });
    harness.run(1000);
    const heard = harness.heardByPhone();
    expect(levelDb(heard)).toBeGreaterThan(2);
    for (let i = 0; i < heard.length; i++)
      if (Math.abs(sound[i]!) > 500) expect(Math.sign(heard[i]!)).toBe(Math.sign(sound[i]!));
  });

  it('distorts what is summed beyond -3 dBFS by less than 1 % at -1 dBFS, and by some 9 % at +2 dBFS', () => {
    const percentAt = (gain: number) => {
      const mixer = new Mixer({ rateHz });
      const sound = tone(400, { rateHz, lengthSamples: 8000, levelDb: -4 });
      mixer.startLoop('ambience', clipOf(sound), gain, 0);
      return 100 * 10 ** (distortionDb(play(mixer, 50), 400, rateHz) / 20);
    };
    expect(percentAt(10 ** (0.9 / 20))).toBeLessThan(0.01);
    expect(percentAt(10 ** (3 / 20))).toBeLessThan(1);
    expect(percentAt(10 ** (6 / 20))).toBeLessThan(10);
  });

  it('ducks an ambience as configured, and brings it back', () => {
    const clip = clipOf(tone(300, { rateHz, lengthSamples: 8000, levelDb: -12 }));
    const harness = new LegHarness();
    harness.handle({ kind: 'start-loop', track: 'ambience', clip, gain: 1, fadeMs: 0 });
    const ducking = { depthDb: 15, attackMs: 200, releaseMs: 600 };
    harness.handle({ kind: 'set-ducking', track: 'ambience', ducking });
    harness.run(500);
    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: clipOf(new Int16Array(8000)) });
    harness.run(3000);
    const heard = harness.heardByPhone();
    // Straight lines of the gain, seen through 40 ms of sound.
    const levelAt = (ms: number) =>
      toneLevelDb(heard.subarray((ms - 20) * 8, (ms + 20) * 8), 300, rateHz) + 12;
    const depth = 10 ** (-15 / 20);
    const decibels = (gain: number) => 20 * Math.log10(gain);
    for (const [ms, expected] of [
      [480, 0],
      [600, decibels((1 + depth) / 2)],
      [800, -15],
      [1480, -15],
      [1800, decibels((1 + depth) / 2)],
      [2150, 0],
    ] as const)
      expect(Math.abs(levelAt(ms) - expected)).toBeLessThan(0.6);
  });

  it('replaces an ambience without silence, and without a step', () => {
    const one = clipOf(tone(300, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz, 'one');
    const other = clipOf(tone(500, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz, 'other');
    const harness = new LegHarness();
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: one, gain: 1, fadeMs: 20 });
    harness.run(500);
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: other, gain: 1, fadeMs: 20 });
    harness.run(500);
    const heard = harness.heardByPhone();
    for (let at = 1600; at < 6400; at += 80)
      expect(levelDb(heard.subarray(at, at + 160))).toBeGreaterThan(-18);
    const steady = sharpestBend(heard, 5000, 7000);
    expect(sharpestBend(heard, 3800, 4400)).toBeLessThan(2 * steady);
  });
});

/** The first sample that is not what a loop has there, as far as G.711 can tell; -1: none. */
function firstDifference(heard: Int16Array, samples: Int16Array, seam: Int16Array): number {
  const seamStart = samples.length - seam.length;
  const companded = (values: Int16Array): Int16Array => {
    const octets = new Uint8Array(values.length);
    const decoded = new Int16Array(values.length);
    pcmuEncoder.encode(values, 0, values.length, octets, 0);
    pcmuDecoder.decode(octets, 0, octets.length, decoded, 0);
    return decoded;
  };
  const [body, tail] = [companded(samples), companded(seam)];
  let position = 0;
  for (let i = 0; i < heard.length; i++) {
    const expected = position < seamStart ? body[position] : tail[position - seamStart];
    if (heard[i] !== expected) return i;
    position += 1;
    if (position === samples.length) position = seam.length;
  }
  return -1;
}
