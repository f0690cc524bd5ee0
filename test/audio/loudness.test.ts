import { describe, expect, it } from 'vitest';
import { integratedLoudness } from '../../src/audio/loudness.ts';
import { tone } from '../support/audio.ts';

const rateHz = 48_000;

describe('integrated loudness', () => {
  it.each([8000, 16_000, 24_000, 44_100, 48_000])(
    'of a full-scale tone of 997 Hz is -3.01 LUFS, at %i Hz too',
    (rateHz) => {
      const sound = tone(997, { rateHz, lengthSamples: 5 * rateHz, levelDb: 0 });
      expect(integratedLoudness(sound, rateHz)).toBeCloseTo(-3.01, 1);
    },
  );

  it.each([30, 60, 120, 500, 2000, 4000, 8000, 16_000])('weighs %i Hz as the standard does', (hz) => {
    const sound = tone(hz, { rateHz, lengthSamples: 5 * rateHz, levelDb: -20 });
    const weight = responseDb(SHELF, hz) + responseDb(HIGH_PASS, hz);
    expect(integratedLoudness(sound, rateHz)).toBeCloseTo(-20 - 10 * Math.log10(2) - 0.691 + weight, 1);
  });

  it('leaves pauses and much quieter stretches out (the gates)', () => {
    const loud = tone(997, { rateHz, lengthSamples: 10 * rateHz, levelDb: -23 });
    const soft = tone(997, { rateHz, lengthSamples: 10 * rateHz, levelDb: -36 });
    const paused = new Int16Array(30 * rateHz);
    paused.set(loud);
    // The blocks half in the pause count too: a little less than 0.1 LU.
    expect(Math.abs(integratedLoudness(paused, rateHz) + 26)).toBeLessThan(0.1);
    paused.set(soft, 10 * rateHz);
    expect(Math.abs(integratedLoudness(paused, rateHz) + 26)).toBeLessThan(0.1);
  });

  it('of silence, of nothing, and of less than one block', () => {
    expect(integratedLoudness(new Int16Array(rateHz), rateHz)).toBe(Number.NEGATIVE_INFINITY);
    expect(integratedLoudness(new Int16Array(0), rateHz)).toBe(Number.NEGATIVE_INFINITY);
    const short = tone(997, { rateHz, lengthSamples: 9600, levelDb: -20 });
    expect(integratedLoudness(short, rateHz)).toBeCloseTo(-23, 1);
  });
});

/** Magnitude of a filter given as b0, b1, b2, a1, a2. */
function responseDb([b0, b1, b2, a1, a2]: readonly number[], hz: number): number {
  const angle = (2 * Math.PI * hz) / rateHz;
  const magnitude = (zero: number, one: number, two: number) =>
    Math.hypot(
      zero + one * Math.cos(angle) + two * Math.cos(2 * angle),
      one * Math.sin(angle) + two * Math.sin(2 * angle),
    );
  return 20 * Math.log10(magnitude(b0!, b1!, b2!) / magnitude(1, a1!, a2!));
}

/** ITU-R BS.1770-4 annex 1 tables 1 and 2: the coefficients printed for 48 kHz. */
const SHELF = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585];
const HIGH_PASS = [1, -2, 1, -1.99004745483398, 0.99007225036621];
