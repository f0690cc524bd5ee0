import { describe, expect, it } from 'vitest';
import { Arrivals } from '../../src/media-worker/arrivals.ts';

describe('what arrived since the last tick', () => {
  it('is handed over once, in order, each datagram with its source and its time', () => {
    const arrivals = new Arrivals();
    const { received, receiver } = recorder();
    arrivals.addDatagram(Uint8Array.of(1, 1), '192.0.2.1', 4000, 5.5);
    arrivals.addDatagram(Uint8Array.of(2), '192.0.2.2', 65_535, 6.25);
    arrivals.drainInto(receiver);
    arrivals.drainInto(receiver);
    expect(received).toEqual(['1,1 from 192.0.2.1:4000 at 5.5', '2 from 192.0.2.2:65535 at 6.25']);
  });

  it('says when a flood has filled it, and has room again afterwards', () => {
    const arrivals = new Arrivals();
    const { received, receiver } = recorder();
    let added = 0;
    for (; !arrivals.full; added++) arrivals.addDatagram(Uint8Array.of(added), 'x', 1, 0);
    expect(added).toBeGreaterThan(5);
    arrivals.drainInto(receiver);
    expect(received.length).toBe(added);
    expect(arrivals.full).toBe(false);
  });
});

function recorder(): { received: string[]; receiver: Parameters<Arrivals['drainInto']>[0] } {
  const received: string[] = [];
  return {
    received,
    receiver: {
      receiveRtp(datagram, length, address, port, nowMs) {
        received.push(`${datagram.slice(0, length).join()} from ${address}:${port} at ${nowMs}`);
      },
    },
  };
}
