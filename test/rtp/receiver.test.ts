import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtpPacket } from '../../src/rtp/packet.ts';
import { type ReceiveVerdict, RtpReceiver } from '../../src/rtp/receiver.ts';
import type { ReportBlock } from '../../src/rtp/rtcp.ts';

interface Arrival {
  sequence: number;
  timestamp?: number;
  ssrc?: number;
  marker?: boolean;
  atMs?: number;
}

class Stream {
  readonly receiver = new RtpReceiver(8000);
  #nowMs = 0;

  arrive({
    sequence,
    timestamp,
    ssrc = 1,
    marker = false,
    atMs = this.#nowMs + 20,
  }: Arrival): ReceiveVerdict {
    this.#nowMs = atMs;
    const packet = new RtpPacket();
    packet.sequenceNumber = sequence & 0xffff;
    packet.timestamp = (timestamp ?? sequence * 160) >>> 0;
    packet.ssrc = ssrc;
    packet.marker = marker;
    packet.payloadLength = 160;
    return this.receiver.receive(packet, atMs);
  }

  arriveAll(sequences: readonly number[]): ReceiveVerdict[] {
    return sequences.map((sequence) => this.arrive({ sequence }));
  }

  report(): ReportBlock {
    const block = emptyBlock();
    this.receiver.report(block);
    return block;
  }
}

function emptyBlock(): ReportBlock {
  return {
    ssrc: 0,
    fractionLost: 0,
    cumulativeLost: 0,
    extendedHighestSequence: 0,
    jitter: 0,
    lastSenderReport: 0,
    delaySinceLastSenderReport: 0,
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

describe('an inbound stream', () => {
  it('is heard from its first packet', () => {
    expect(new Stream().arriveAll([7, 8, 9])).toEqual(['new-source', 'accepted', 'accepted']);
  });

  it('tells late packets from repeated ones', () => {
    const stream = new Stream();
    expect(stream.arriveAll([65534, 1, 65535, 65535, 0, 1, 2])).toEqual([
      'new-source',
      'accepted',
      'reordered',
      'duplicate',
      'reordered',
      'duplicate',
      'accepted',
    ]);
    expect(stream.receiver.statistics).toMatchObject({ packets: 7, reordered: 2, duplicates: 2 });
    expect(stream.receiver.lost).toBe(-2);
  });

  it('hears a packet sent before its first', () => {
    expect(new Stream().arriveAll([0, 65535, 65534, 65535])).toEqual([
      'new-source',
      'reordered',
      'reordered',
      'duplicate',
    ]);
  });

  it('counts any loss, reordering and duplication of a wrapping stream as it happened', () => {
    const history = fc
      .array(fc.record({ fate: fc.constantFrom('lost', 'once', 'twice'), lateness: fc.nat({ max: 40 }) }), {
        minLength: 1,
        maxLength: 300,
      })
      .filter((packets) => packets[0]!.fate !== 'lost');
    fc.assert(
      fc.property(history, fc.integer({ min: 0, max: 0xffff }), (packets, first) => {
        const sent = packets.flatMap(({ fate, lateness }, index) => {
          const sequence = first + index;
          const arrival = { sequence, at: index === 0 ? -1 : index + lateness };
          if (fate === 'lost') return [];
          return fate === 'once' ? [arrival] : [arrival, { sequence, at: arrival.at + 0.5 }];
        });
        const arrivals = sent.sort((a, b) => a.at - b.at).map(({ sequence }) => sequence);
        const stream = new Stream();
        const verdicts = stream.arriveAll(arrivals);

        const played = arrivals.filter((_, i) => verdicts[i] !== 'duplicate' && verdicts[i] !== 'unproven');
        expect(played.length).toBe(new Set(arrivals).size);
        expect(new Set(played)).toEqual(new Set(arrivals));
        expect(stream.receiver.lost).toBe(Math.max(...arrivals) - first + 1 - arrivals.length);
        expect(stream.report().extendedHighestSequence).toBe(Math.max(...arrivals));
      }),
    );
  });

  it('follows another source after two of its packets in a row, and no stray one', () => {
    const stream = new Stream();
    stream.arriveAll(range(100, 110));
    expect(stream.arrive({ sequence: 5000, ssrc: 2 })).toBe('unproven');
    expect(stream.arrive({ sequence: 110 })).toBe('accepted');
    expect(stream.arrive({ sequence: 5001, ssrc: 2 })).toBe('unproven');
    expect(stream.arrive({ sequence: 5002, ssrc: 2 })).toBe('new-source');
    expect(stream.arrive({ sequence: 5003, ssrc: 2 })).toBe('accepted');
    expect(stream.receiver.ssrc).toBe(2);
  });

  it('follows another source at once when its packet begins a talkspurt', () => {
    const stream = new Stream();
    stream.arriveAll(range(100, 110));
    expect(stream.arrive({ sequence: 9, ssrc: 2, marker: true })).toBe('new-source');
  });

  it('follows a sender that began its sequence numbers anew', () => {
    const stream = new Stream();
    stream.arriveAll(range(100, 110));
    expect(stream.arriveAll([40_000, 40_001, 40_002])).toEqual(['unproven', 'restarted', 'accepted']);
    expect(stream.receiver.lost).toBe(0);
  });

  it('takes a gap below a minute for loss', () => {
    const stream = new Stream();
    stream.arriveAll([100, 3099]);
    expect(stream.receiver.lost).toBe(2998);
    expect(stream.arrive({ sequence: 6099 })).toBe('unproven');
  });

  it('keeps the losses of earlier sources in its total, not in its reports', () => {
    const stream = new Stream();
    stream.arriveAll([1, 2, 5]);
    stream.arrive({ sequence: 700, ssrc: 2, marker: true });
    stream.arrive({ sequence: 702, ssrc: 2 });
    expect(stream.receiver.lost).toBe(3);
    expect(stream.report()).toMatchObject({ ssrc: 2, cumulativeLost: 1 });
  });

  it('restarts once a second at most, however the sender jumps', () => {
    const stream = new Stream();
    let restarts = 0;
    for (let index = 0; index < 50 * 60; index++) {
      const verdict = stream.arrive({ sequence: index * 30_000, marker: true, atMs: index * 20 });
      if (verdict === 'restarted') restarts++;
    }
    expect(restarts).toBeGreaterThan(50);
    expect(restarts).toBeLessThanOrEqual(60 + 3);
  });

  it('reports the fraction lost since its last report (A.3)', () => {
    const stream = new Stream();
    expect(stream.receiver.report(emptyBlock())).toBe(false);
    stream.arriveAll(range(0, 100).filter((sequence) => sequence % 4 !== 2));
    expect(stream.report()).toMatchObject({ ssrc: 1, fractionLost: 64, cumulativeLost: 25 });
    expect(stream.report().fractionLost).toBe(0);
    stream.arriveAll([100, 101, 103]);
    expect(stream.report()).toMatchObject({ fractionLost: 64, cumulativeLost: 26 });
  });
});

describe('interarrival jitter (A.8)', () => {
  it('follows the integer form, worked by hand', () => {
    const stream = new Stream();
    // Transit differences of 0, 80, 80, 160 timestamp units.
    // J16: 0; 0 + 0; 80 - (0 + 8 >> 4) = 80; 80 + 80 - (88 >> 4) = 155; 155 + 160 - (163 >> 4) = 305.
    const expected = [0, 0, 80, 155, 305];
    const arrivalsMs = [1000, 1020, 1050, 1060, 1100];
    arrivalsMs.forEach((atMs, index) => {
      stream.arrive({ sequence: index, atMs });
      expect(stream.receiver.jitter).toBe(expected[index]! >> 4);
    });
    expect(stream.receiver.jitterMs).toBeCloseTo(305 / 16 / 8, 10);
  });

  it('is nothing for a stream on time, across both wraps and long after the clock began', () => {
    const stream = new Stream();
    for (let index = 0; index < 200; index++) {
      const timestamp = 0xffffffff - 100 * 160 + index * 160;
      stream.arrive({ sequence: 65500 + index, timestamp, atMs: 9e8 + index * 20 });
    }
    expect(stream.receiver.jitterMs).toBe(0);
    expect(stream.receiver.lost).toBe(0);
  });

  it('is nothing for a silence that the timestamps count', () => {
    const stream = new Stream();
    stream.arrive({ sequence: 1, timestamp: 0, atMs: 0 });
    stream.arrive({ sequence: 2, timestamp: 160, atMs: 20 });
    stream.arrive({ sequence: 3, timestamp: 160 + 12_000, atMs: 1520, marker: true });
    expect(stream.receiver.jitterMs).toBe(0);
  });

  it('does not take a sender that sets its clock for the network', () => {
    const stream = new Stream();
    stream.arrive({ sequence: 1, timestamp: 0 });
    stream.arrive({ sequence: 2, timestamp: 2 ** 31 });
    stream.arrive({ sequence: 3, timestamp: 2 ** 31 + 160 });
    expect(stream.receiver.jitterMs).toBe(0);
  });

  it('is not measured on telephone events, whose timestamp stands still', () => {
    const receiver = new RtpReceiver(8000);
    const packet = new RtpPacket();
    for (let index = 0; index < 20; index++) {
      const isEvent = index > 5 && index < 15;
      packet.sequenceNumber = index;
      packet.timestamp = isEvent ? 6 * 160 : index * 160;
      receiver.receive(packet, index * 20, !isEvent);
    }
    expect(receiver.jitterMs).toBe(0);
  });
});
