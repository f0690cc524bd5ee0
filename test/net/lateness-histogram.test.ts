import { describe, expect, it } from 'vitest';
import { LatenessHistogram } from '../../src/net/lateness-histogram.ts';

describe('the lateness histogram', () => {
  it('gives quantiles to within a twentieth of a millisecond', () => {
    const histogram = new LatenessHistogram();
    for (let i = 1; i <= 1000; i++) histogram.record(i / 100);
    expect(histogram.quantileMs(0.5)).toBeCloseTo(5, 1);
    expect(histogram.quantileMs(0.99)).toBeCloseTo(9.9, 1);
    expect(histogram.maxMs).toBe(10);
  });

  it('gives the maximum for what is beyond its range, and nothing when empty', () => {
    const histogram = new LatenessHistogram();
    expect(histogram.quantileMs(0.99)).toBe(0);
    histogram.record(480);
    expect(histogram.quantileMs(0.99)).toBe(480);
    histogram.reset();
    expect([histogram.count, histogram.maxMs, histogram.quantileMs(0.5)]).toEqual([0, 0, 0]);
  });
});
