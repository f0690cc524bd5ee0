import { describe, expect, it } from 'vitest';
import { levelSound } from '../../src/audio/level-sound.ts';
import { integratedLoudness } from '../../src/audio/loudness.ts';
import { truePeakDb } from '../../src/audio/true-peak.ts';
import { levelDb, noise, sharpestBend, tone } from '../support/audio.ts';

const rateHz = 8000;

describe('a sound brought to a loudness', () => {
  it.each([-50, -30, -23, -16])('has it: %i LUFS', (loudnessLufs) => {
    const quiet = noise({ lengthSamples: 5 * rateHz, peak: 900 });
    expect(integratedLoudness(levelSound(quiet, rateHz, loudnessLufs), rateHz)).toBeCloseTo(loudnessLufs, 1);
  });

  it('keeps its peaks under -1 dBTP where they would be higher', () => {
    const levelled = levelSound(clicks(), rateHz, -14);
    expect(truePeakDb(clicks()) + 20).toBeGreaterThan(0);
    expect(truePeakDb(levelled)).toBeLessThanOrEqual(-0.95);
    expect(truePeakDb(levelled)).toBeGreaterThan(-1.5);
  });

  it('is turned down around a peak only, and smoothly', () => {
    const steady = tone(400, { rateHz, lengthSamples: 2 * rateHz, levelDb: -20 });
    const withBurst = steady.map((sample, i) => sample + (i >= 8000 && i < 8040 ? 24_000 * Math.sin(i) : 0));
    const levelled = levelSound(withBurst, rateHz, -14);
    expect(truePeakDb(levelled)).toBeLessThan(-0.9);
    const gainAt = (from: number) =>
      levelDb(levelled.subarray(from, from + 400)) - levelDb(withBurst.subarray(from, from + 400));
    // 20 ms from the burst nothing is changed any more.
    expect(gainAt(8240)).toBeCloseTo(gainAt(1000), 1);
    expect(gainAt(7400)).toBeCloseTo(gainAt(1000), 1);
  });

  it('stays a loop when the peak lies at its end', () => {
    const loop = tone(400, { rateHz, lengthSamples: rateHz, levelDb: -20 });
    for (let i = rateHz - 30; i < rateHz; i++)
      loop[i]! += 20_000 * Math.sin(((i - rateHz + 30) / 30) * Math.PI);
    const levelled = levelSound(loop, rateHz, -16);
    expect(truePeakDb(levelled)).toBeLessThan(-0.9);
    expect(wrapBend(levelled)).toBeLessThan(wrapBend(loop) * 1.05);
  });

  it('is not made of silence, nor of next to nothing', () => {
    const silence = new Int16Array(rateHz);
    expect(levelSound(silence, rateHz, -30)).toEqual(silence);
    expect(levelSound(new Int16Array(0), rateHz, -30)).toHaveLength(0);
    const faint = noise({ lengthSamples: rateHz, peak: 12 });
    expect(levelDb(levelSound(faint, rateHz, -14)) - levelDb(faint)).toBeLessThan(41);
  });
});

/** Quiet noise with a loud click every half second: loud peaks, little loudness. */
function clicks(): Int16Array {
  return noise({ lengthSamples: 4 * rateHz, peak: 300 }).map((sample, i) => (i % 4000 < 6 ? 9000 : sample));
}

/** The bend where a loop wraps, against the sharpest within it. */
function wrapBend(loop: Int16Array): number {
  const twice = Int16Array.from([...loop, ...loop]);
  return sharpestBend(twice, loop.length - 3, loop.length + 3) / sharpestBend(loop);
}
