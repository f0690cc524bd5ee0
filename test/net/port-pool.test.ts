import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PortPool } from '../../src/net/port-pool.ts';

describe('the port pool', () => {
  it('gives even ports whose odd neighbour lies in the range too', () => {
    const pool = new PortPool(10_001, 10_008);
    expect([pool.take(), pool.take(), pool.take(), pool.take()]).toEqual([10_002, 10_004, 10_006, undefined]);
  });

  it('has nothing to give in a range without a whole pair', () => {
    expect(new PortPool(10_001, 10_002).size).toBe(0);
    expect(new PortPool(10_000, 10_000).take()).toBeUndefined();
  });

  it('gives a freed pair again only after every pair that was free before it', () => {
    const pool = new PortPool(10_000, 10_007);
    const first = pool.take()!;
    pool.giveBack(first);
    expect([pool.take(), pool.take(), pool.take()]).toEqual([10_002, 10_004, 10_006]);
    expect(pool.take()).toBe(first);
  });

  it('never gives one pair to two calls, and loses none, in any order of taking and giving back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(fc.nat(20)), (pairs, steps) => {
        const pool = new PortPool(10_000, 10_000 + 2 * pairs - 1);
        const held: number[] = [];
        for (const step of steps) {
          if (step < 10) {
            const port = pool.take();
            expect(port === undefined).toBe(held.length === pairs);
            if (port === undefined) continue;
            expect(held).not.toContain(port);
            held.push(port);
          } else if (held.length > 0) {
            pool.giveBack(held.splice(step % held.length, 1)[0]!);
          }
          expect(pool.free).toBe(pairs - held.length);
        }
      }),
    );
  });

  it('takes back only what it gave, and once', () => {
    const pool = new PortPool(10_000, 10_003);
    const port = pool.take()!;
    pool.giveBack(port);
    pool.giveBack(port);
    pool.giveBack(9_999);
    expect(pool.free).toBe(2);
  });
});
