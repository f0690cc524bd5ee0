import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineQueue } from '../../../src/sip/transaction/deadline-queue.ts';

describe('a deadline queue', () => {
  it('gives items in the order they are due, and none before its time', () => {
    const queue = new DeadlineQueue<string>();
    queue.set('late', 300);
    queue.set('soon', 100);
    queue.set('later', 200);
    expect(queue.deadline).toBe(100);
    expect(queue.takeDue(99)).toBeUndefined();
    expect(queue.takeDue(250)).toBe('soon');
    expect(queue.takeDue(250)).toBe('later');
    expect(queue.takeDue(250)).toBeUndefined();
    expect(queue.size).toBe(1);
  });

  it('agrees with a sorted list after any series of additions, moves and removals', () => {
    const change = fc.tuple(fc.nat(30), fc.option(fc.nat(1000), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const queue = new DeadlineQueue<number>();
        const model = new Map<number, number>();
        for (const [item, deadlineMs] of changes) {
          queue.set(item, deadlineMs);
          if (deadlineMs === undefined) model.delete(item);
          else model.set(item, deadlineMs);
          expect(queue.deadline).toBe(model.size === 0 ? undefined : Math.min(...model.values()));
        }
        const taken: number[] = [];
        for (let item = queue.takeDue(1000); item !== undefined; item = queue.takeDue(1000))
          taken.push(model.get(item)!);
        expect(taken).toEqual([...model.values()].sort((a, b) => a - b));
        expect(queue.size).toBe(0);
      }),
    );
  });
});
