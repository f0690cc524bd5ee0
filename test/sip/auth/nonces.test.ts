import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Nonces } from '../../../src/sip/auth/nonces.ts';

const HOME = '192.0.2.1';
const newNonces = (options = {}): Nonces => new Nonces({ secret: 'secret', ...options });

describe('a nonce', () => {
  it('is good for the address it was made for until its time is over', () => {
    const nonces = newNonces({ lifetimeMs: 1000 });
    const nonce = nonces.issue(HOME, 5000);
    expect(nonces.judge(nonce, HOME, 5999)).toBe('good');
    expect(nonces.judge(nonce, HOME, 6000)).toBe('stale');
    expect(nonces.judge(nonce, '192.0.2.9', 5000)).toBe('forged');
  });

  it('is another one each time', () => {
    const nonces = newNonces();
    const issued = Array.from({ length: 1000 }, () => nonces.issue(HOME, 7));
    expect(new Set(issued).size).toBe(1000);
  });

  it('of another process, or with one letter changed, is forged', () => {
    const nonce = newNonces().issue(HOME, 0);
    expect(newNonces({ secret: 'other' }).judge(nonce, HOME, 0)).toBe('forged');
    fc.assert(
      fc.property(fc.nat(nonce.length - 1), fc.constantFrom('0', 'z', '.', ' '), (at, letter) => {
        const changed = nonce.slice(0, at) + letter + nonce.slice(at + 1);
        if (changed !== nonce) expect(newNonces().judge(changed, HOME, 0)).toBe('forged');
      }),
    );
  });

  it('is remembered only once it has proven something', () => {
    const nonces = newNonces();
    for (let request = 0; request < 100_000; request++)
      nonces.judge(nonces.issue(HOME, request), HOME, request);
    expect(nonces.inUse).toBe(0);
  });

  it('takes each count once, those up to 31 late in any order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1 }), (counts) => {
        const nonces = newNonces();
        const nonce = nonces.issue(HOME, 0);
        const taken = new Set<number>();
        for (const count of counts) {
          const expected = !taken.has(count) && count > Math.max(0, ...taken) - 32;
          expect(nonces.use(nonce, count, 0)).toBe(expected);
          if (expected) taken.add(count);
        }
      }),
    );
  });

  it('that had to be forgotten is stale, and cannot be used a second time', () => {
    const nonces = newNonces({ maxInUse: 2 });
    const issued = [0, 1, 2].map((nowMs) => nonces.issue(HOME, nowMs));
    for (const nonce of issued) expect(nonces.use(nonce, 1, 3)).toBe(true);
    expect(nonces.inUse).toBe(2);
    expect(issued.map((nonce) => nonces.judge(nonce, HOME, 4))).toEqual(['stale', 'good', 'good']);
  });

  it('leaves nothing behind when its time is over', () => {
    const nonces = newNonces({ lifetimeMs: 1000 });
    for (let nowMs = 0; nowMs < 100_000; nowMs += 100) nonces.use(nonces.issue(HOME, nowMs), 1, nowMs);
    expect(nonces.inUse).toBeLessThanOrEqual(10);
  });
});
