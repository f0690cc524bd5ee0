import { describe, expect, it } from 'vitest';
import { DurationHistogram } from '../src/duration-histogram.ts';

describe('the duration histogram', () => {
  it('gives quantiles to within the width of a bucket', () => {
    const histogram = new DurationHistogram({ bucketsPerMs: 20, longestMs: 50 });
    for (let i = 1; i <= 1000; i++) histogram.record(i / 100);
    expect(histogram.quantileMs(0.5)).toBeCloseTo(5, 1);
    expect(histogram.quantileMs(0.99)).toBeCloseTo(9.9, 1);
    expect(histogram.maxMs).toBe(10);
  });

  it('gives the maximum for what is beyond its range, and nothing when empty', () => {
    const histogram = new DurationHistogram({ bucketsPerMs: 20, longestMs: 50 });
    expect(histogram.quantileMs(0.99)).toBe(0);
    histogram.record(480);
    expect(histogram.quantileMs(0.99)).toBe(480);
    histogram.reset();
    expect([histogram.count, histogram.maxMs, histogram.quantileMs(0.5)]).toEqual([0, 0, 0]);
  });
});
