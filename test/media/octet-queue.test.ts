import { expect, it } from 'vitest';
import { OctetQueue } from '../../src/media/octet-queue.ts';

it('short pieces do not keep all that was read with them in memory', () => {
  const queue = new OctetQueue();
  let keptOctets = 0;
  for (let n = 0; n < 100; n++) {
    const read = new Uint8Array(65_536).fill(n);
    queue.push(read.subarray(1000, 1002), 2);
    keptOctets += queue.head.buffer.byteLength;
    expect([...queue.head]).toEqual([n, n]);
    queue.drop(2);
  }
  expect(keptOctets).toBeLessThan(1000);
});

it('pieces that are most of what was read are kept as they are', () => {
  const queue = new OctetQueue();
  const read = new Uint8Array(1000);
  queue.push(read.subarray(10), 990);
  expect(queue.head.buffer).toBe(read.buffer);
});
