import { memoryUsage } from 'node:process';
import { expect, it } from 'vitest';
import { Leg } from '../../src/media/leg.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { FAR_ADDRESS, FAR_PORT, PCMU_AUDIO } from '../support/leg-harness.ts';

it('packets that pass between joined legs allocate no more than a few boxed times', () => {
  const [a, b] = [joinable(), joinable()];
  a.join(b, 0);
  const packet = new Uint8Array(172).fill(0x55);
  let sequence = 0;
  let passed = 0;

  // The first rounds run before the compiler has got to it; a collection in a round makes its growth negative.
  let frugal = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 60 && frugal < 3; round++) {
    const before = memoryUsage().heapUsed;
    for (let i = 0; i < PACKETS; i++) {
      writeRtpHeader(packet, 0, false, sequence & 0xffff, (sequence * 160) >>> 0, 1);
      // Whole milliseconds: the times of a real network are boxed by whoever reads the clock.
      a.receiveRtp(packet, packet.length, FAR_ADDRESS, FAR_PORT, sequence * 20);
      if (b.takePassed() !== undefined) passed++;
      a.tick(sequence * 20 + 5);
      b.tick(sequence * 20 + 5);
      sequence += 1;
    }
    a.takeEvents();
    b.takeEvents();
    const growth = memoryUsage().heapUsed - before;
    if (growth >= 0) least = Math.min(least, growth / PACKETS);
    frugal = growth >= 0 && growth < OCTETS_PER_PACKET * PACKETS ? frugal + 1 : 0;
  }
  expect(least).toBeLessThan(OCTETS_PER_PACKET);
  expect(frugal).toBe(3);
  expect(passed).toBeGreaterThan(0.99 * sequence);
});

function joinable(): Leg {
  const leg = new Leg(
    { symmetricRtp: false, silenceTimeoutMs: 0, epochAtZeroMs: 0, cname: 'leg', random: () => 0.5 },
    0,
  );
  leg.handle({ kind: 'negotiate', audio: PCMU_AUDIO }, 0);
  return leg;
}

const PACKETS = 2000;
/** A quarter of one datagram: no packet, view or closure fits. RTCP's reports, every few seconds, are among it. */
const OCTETS_PER_PACKET = 48;
