import { describe, expect, it } from 'vitest';
import { parseGain, parseGainDb } from '../../../src/agent/dub/parse-gain.ts';

describe('the gain of a dub', () => {
  it.each([
    [undefined, 0],
    [0, 0],
    ['', 0],
    [null, 0],
    [{}, 0],
    [true, 0],
    [Number.NaN, 0],
    [-12, -12],
    [-18.9, -18],
    [4.7, 4],
    ['+2dB', 2],
    ['+2 dB', 2],
    ['-18 dB', -18],
    ['-3.7 DB', -3],
    ['a bit softer, -6 db please', -6],
    ['loud', 0],
    ['-3', -3],
    ['-50 dB', -50],
    [80, 50],
    ['-99dB', -50],
    [Number.POSITIVE_INFINITY, 50],
  ])('%j is %i dB', (value, decibels) => {
    expect(parseGainDb(value)).toBe(decibels);
  });

  it('of -50 dB and less is near silence, not full level', () => {
    expect(parseGain(-50)).toBeCloseTo(0.00316, 5);
    expect(parseGain('-80 dB')).toBeCloseTo(0.00316, 5);
    expect(parseGain(undefined)).toBe(1);
    expect(parseGain('+20dB')).toBe(10);
  });
});
