import { describe, expect, it } from 'vitest';
import { RandomTokens } from '../../src/app/random-tokens.ts';

describe('random tokens', () => {
  it('are as long as asked for, and never the same, however many are taken', () => {
    const tokens = new RandomTokens();
    const taken = Array.from({ length: 3000 }, (_, index) => tokens.hex(8 + (index % 9)));
    expect(taken.every((token, index) => token.length === 2 * (8 + (index % 9)))).toBe(true);
    expect(taken.every((token) => /^[0-9a-f]+$/.test(token))).toBe(true);
    expect(new Set(taken).size).toBe(taken.length);
  });
});
