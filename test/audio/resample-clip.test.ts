import { describe, expect, it } from 'vitest';
import { createReferenceDotProduct } from '../../src/audio/dot-product.ts';
import { resampleClip } from '../../src/audio/resample-clip.ts';
import { levelDb, noise, tone, toneLevelDb } from '../support/audio.ts';

const LEVEL_DB = -6;

describe.each([
  [48_000, 8000],
  [44_100, 16_000],
  [44_101, 8000],
  [22_050, 8000],
  [11_025, 16_000],
  [8000, 24_000],
])('a clip converted from %d to %d Hz', (fromHz, toHz) => {
  const lowerHz = Math.min(fromHz, toHz);
  const convert = (frequencyHz: number) =>
    resampleClip(
      tone(frequencyHz, { rateHz: fromHz, lengthSamples: fromHz, levelDb: LEVEL_DB }),
      fromHz,
      toHz,
    );
  const settled = (samples: Int16Array) => samples.slice(toHz / 25, -toHz / 25);

  it('keeps tones up to 0.43 of the lower rate within 0.01 dB', () => {
    for (const frequencyHz of [300, 1000, 3000, 0.43 * lowerHz]) {
      const output = settled(convert(frequencyHz));
      expect(Math.abs(toneLevelDb(output, frequencyHz, toHz) - LEVEL_DB), `${frequencyHz} Hz`).toBeLessThan(
        0.01,
      );
    }
  });

  it('lets neither image nor alias past 75 dB down', () => {
    for (const part of [0.515, 0.55, 0.7, 0.9, 1.2]) {
      const frequencyHz = part * lowerHz;
      if (frequencyHz >= fromHz / 2) continue;
      expect(levelDb(settled(convert(frequencyHz))) - LEVEL_DB, `alias of ${frequencyHz} Hz`).toBeLessThan(
        -75,
      );
    }
    for (const frequencyHz of [300, 0.4 * fromHz]) {
      if (frequencyHz > 0.43 * lowerHz || fromHz - frequencyHz >= toHz / 2) continue;
      const image = toneLevelDb(settled(convert(frequencyHz)), fromHz - frequencyHz, toHz);
      expect(image - LEVEL_DB, `image of ${frequencyHz} Hz`).toBeLessThan(-75);
    }
  });

  it('stays in time: every sample is the same moment of the same tone', () => {
    const output = settled(convert(1000));
    const expected = settled(tone(1000, { rateHz: toHz, lengthSamples: toHz, levelDb: LEVEL_DB }));
    const worst = Math.max(...output.map((sample, i) => Math.abs(sample - expected[i]!)));
    expect(worst).toBeLessThanOrEqual(3);
  });

  it('is the same with SIMD and without, but for the rounding', () => {
    const sound = noise({ lengthSamples: fromHz / 2, peak: 60_000 });
    const simd = resampleClip(sound, fromHz, toHz);
    const plain = resampleClip(sound, fromHz, toHz, { create: createReferenceDotProduct });
    expect(Math.max(...simd.map((sample, i) => Math.abs(sample - plain[i]!)))).toBeLessThanOrEqual(1);
  });

  it('has the length of the original, to the nearest sample', () => {
    for (const length of [0, 1, 2, 3, 100, 4999]) {
      const output = resampleClip(new Int16Array(length), fromHz, toHz);
      expect(output.length).toBe(Math.round((length * toHz) / fromHz));
    }
  });

  it('carries a steady level exactly, and clips what swings past full scale', () => {
    const steady = settled(resampleClip(new Int16Array(fromHz).fill(12_345), fromHz, toHz));
    expect([Math.min(...steady), Math.max(...steady)]).toEqual([12_345, 12_345]);
    const square = Int16Array.from({ length: fromHz / 5 }, (_, i) =>
      Math.floor((i * 400) / fromHz) % 2 === 0 ? 32_767 : -32_768,
    );
    const output = resampleClip(square, fromHz, toHz);
    expect([Math.min(...output), Math.max(...output)]).toEqual([-32_768, 32_767]);
  });
});

describe('a clip that has the wanted rate already', () => {
  it('is left as it is', () => {
    const samples = noise({ lengthSamples: 50 });
    expect(resampleClip(samples, 16_000, 16_000)).toEqual(samples);
  });
});
