import { describe, expect, it } from 'vitest';
import { truePeakDb } from '../../src/audio/true-peak.ts';
import { tone } from '../support/audio.ts';

describe('the true peak', () => {
  it('of a quarter-rate tone that is sampled beside its crests is that of the crests', () => {
    // 45 degrees off: every sample lies 3 dB under the crest.
    const samples = Int16Array.from({ length: 800 }, (_, i) =>
      Math.round(16_384 * Math.sin((Math.PI / 2) * i + Math.PI / 4)),
    );
    expect(Math.max(...samples)).toBe(11_585);
    expect(Math.abs(truePeakDb(samples) + 6.02)).toBeLessThan(0.15);
  });

  it.each([100, 997, 2500, 3400])('of a tone of %i Hz at 8 kHz is its level', (frequencyHz) => {
    const samples = tone(frequencyHz, { rateHz: 8000, lengthSamples: 8000, levelDb: -9 });
    expect(Math.abs(truePeakDb(samples) + 9)).toBeLessThan(0.6);
  });

  it('of silence is none', () => {
    expect(truePeakDb(new Int16Array(100))).toBe(Number.NEGATIVE_INFINITY);
    expect(truePeakDb(new Int16Array(0))).toBe(Number.NEGATIVE_INFINITY);
  });
});
