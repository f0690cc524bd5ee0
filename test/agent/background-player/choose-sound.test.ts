import { describe, expect, it } from 'vitest';
import { chooseSound } from '../../../src/agent/background-player/choose-sound.ts';
import { seededRandom } from '../../support/virtual-network.ts';

const DRAWS = 20_000;

describe('the choice by probability', () => {
  it.each([
    { probabilities: [0.8, 0.2], shares: [0.8, 0.2], none: 0 },
    { probabilities: [0.3, 0.2], shares: [0.3, 0.2], none: 0.5 },
    { probabilities: [2, 1, 1], shares: [0.5, 0.25, 0.25], none: 0 },
    { probabilities: [0, 1], shares: [0, 1], none: 0 },
    { probabilities: [], shares: [], none: 1 },
    { probabilities: [0], shares: [0], none: 1 },
    { probabilities: [undefined, undefined], shares: [0.5, 0.5], none: 0 },
    { probabilities: [-1, 0.5], shares: [0, 0], none: 1 },
  ])(
    'of $probabilities falls on them as $shares, and on silence as $none',
    ({ probabilities, shares, none }) => {
      const random = seededRandom(20);
      const sounds = probabilities.map((probability, index) => ({ probability, index }));
      const chosen = Array.from({ length: DRAWS }, () => chooseSound(sounds, random)?.index);
      const shareOf = (index: number | undefined) => chosen.filter((each) => each === index).length / DRAWS;
      for (const [index, share] of shares.entries())
        expect(Math.abs(shareOf(index) - share)).toBeLessThan(0.01);
      expect(Math.abs(shareOf(undefined) - none)).toBeLessThan(0.01);
    },
  );

  it('draws first whether anything is played, only where the sum is below 1, then which', () => {
    const draws = (...values: number[]) => {
      const left = [...values];
      return { random: () => left.shift()!, left };
    };
    const half = [{ probability: 0.25 }, { probability: 0.25 }];
    const silent = draws(0.51, 0.1);
    expect(chooseSound(half, silent.random)).toBeUndefined();
    expect(silent.left).toEqual([0.1]);
    // The second draw is from 0 to the sum: 0.5 of 0.5 is the edge of the first, which still is the first.
    expect(chooseSound(half, draws(0.5, 0.5).random)).toBe(half[0]);
    expect(chooseSound(half, draws(0.5, 0.51).random)).toBe(half[1]);
    const whole = [{ probability: 3 }, { probability: 1 }];
    const one = draws(0.75, 0.9);
    expect(chooseSound(whole, one.random)).toBe(whole[0]);
    expect(one.left).toEqual([0.9]);
  });

  it('skips negative probabilities and counts them in the sum all the same', () => {
    const sounds = [{ probability: -0.5 }, { probability: 1 }];
    expect(chooseSound(sounds, () => 0.4)).toBe(sounds[1]);
    expect(chooseSound(sounds, () => 0.6)).toBeUndefined();
  });

  it('falls on the last of the list where rounding leaves none', () => {
    const tenths = Array.from({ length: 10 }, () => ({ probability: 0.1 }));
    expect(chooseSound(tenths, () => 1 - Number.EPSILON)).toBe(tenths.at(-1));
  });
});
