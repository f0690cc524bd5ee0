import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  extendSequence,
  isNewerSequence,
  sequenceDistance,
  timestampDistance,
} from '../../src/rtp/sequence.ts';

const sequence = fc.integer({ min: 0, max: 0xffff });

describe('sequence numbers', () => {
  it.each([
    [0, 1, 1],
    [65535, 0, 1],
    [0, 65535, -1],
    [10, 10, 0],
    [1, 32768, 32767],
    [0, 32769, -32767],
  ])('%d to %d is %d', (from, to, distance) => {
    expect(sequenceDistance(from, to)).toBe(distance);
  });

  it('are newer one way or the other, except half way around', () => {
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        fc.pre(a !== b && Math.abs(a - b) !== 32768);
        expect(isNewerSequence(a, b)).toBe(!isNewerSequence(b, a));
      }),
    );
  });

  it('extend to the nearest number with those 16 bits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 30 }),
        fc.integer({ min: -32767, max: 32767 }),
        (at, step) => {
          const truth = at + step;
          expect(extendSequence(at, truth & 0xffff)).toBe(truth);
        },
      ),
    );
  });
});

describe('timestamps', () => {
  it('wrap at 32 bits', () => {
    expect(timestampDistance(0xffffffff, 159)).toBe(160);
    expect(timestampDistance(159, 0xffffffff)).toBe(-160);
    expect(timestampDistance(0, 2 ** 31 - 1)).toBe(2 ** 31 - 1);
  });
});
