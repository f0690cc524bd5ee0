import fc from 'fast-check';
import * as secondOpinion from 'rtp-packet';
import { describe, expect, it } from 'vitest';
import { parseRtpPacket, RtpPacket } from '../../src/rtp/packet.ts';
import { TelephoneEventReceiver } from '../../src/rtp/telephone-event.ts';

interface EventPacket {
  atMs: number;
  sequence: number;
  timestamp: number;
  event: number;
  duration: number;
  end?: boolean;
  marker?: boolean;
  ssrc?: number;
  trailer?: number[];
}

function packetOf(fields: EventPacket): RtpPacket {
  const { event, duration, end = false, trailer = [] } = fields;
  const packet = new RtpPacket();
  packet.octets = Uint8Array.of(event, (end ? 0x80 : 0) | 10, duration >>> 8, duration & 0xff, ...trailer);
  packet.payloadLength = packet.octets.length;
  packet.sequenceNumber = fields.sequence & 0xffff;
  packet.timestamp = fields.timestamp >>> 0;
  packet.marker = fields.marker ?? false;
  packet.ssrc = fields.ssrc ?? 1;
  return packet;
}

/** What a receiver tells, the deadlines between the packets kept. */
function heard(packets: readonly EventPacket[]): string[] {
  const receiver = new TelephoneEventReceiver(8000);
  const told: string[] = [];
  const pull = (): void => {
    for (let press = receiver.pull(); press !== undefined; press = receiver.pull())
      told.push(`${press.digit} ${press.durationMs}`);
  };
  const waitUntil = (nowMs: number): void => {
    if (receiver.deadline !== undefined && receiver.deadline <= nowMs)
      receiver.handleTimeout(receiver.deadline);
    pull();
  };
  for (const fields of packets) {
    waitUntil(fields.atMs);
    receiver.receive(packetOf(fields), fields.atMs);
    pull();
  }
  waitUntil(Number.POSITIVE_INFINITY);
  return told;
}

interface Habit {
  intervalMs?: number;
  firstDuration?: number;
  ends?: number;
  endsShareSequence?: boolean;
  movesTimestamp?: boolean;
}

/** One press as senders make it: updates from its start to its end, then end packets. */
function press(
  event: number,
  startMs: number,
  lengthMs: number,
  sequence: number,
  habit: Habit = {},
): EventPacket[] {
  const { intervalMs = 20, firstDuration = intervalMs * 8, ends = 3 } = habit;
  const packets: EventPacket[] = [];
  for (let at = 0; firstDuration + at * 8 < lengthMs * 8; at += intervalMs) {
    packets.push({
      atMs: startMs + at,
      sequence: sequence + packets.length,
      timestamp: startMs * 8 + (habit.movesTimestamp === true ? at * 8 : 0),
      event,
      duration: firstDuration + at * 8,
      marker: at === 0,
    });
  }
  const endsAt = packets.length * intervalMs;
  for (let repeat = 0; repeat < ends; repeat++) {
    packets.push({
      atMs: startMs + endsAt + (habit.endsShareSequence === true ? 0 : repeat * intervalMs),
      sequence: sequence + Math.round(endsAt / intervalMs) + (habit.endsShareSequence === true ? 0 : repeat),
      timestamp: startMs * 8 + (habit.movesTimestamp === true ? (endsAt + repeat * intervalMs) * 8 : 0),
      event,
      duration: lengthMs * 8,
      end: true,
    });
  }
  return packets;
}

describe('a key press', () => {
  it.each<[string, Habit]>([
    ['three end packets with numbers of their own', {}],
    ['three end packets of one number', { endsShareSequence: true }],
    ['a single end packet', { ends: 1 }],
    ['a first duration of 0', { firstDuration: 0, endsShareSequence: true }],
    ['30 ms packets, duration from 0, one end packet', { intervalMs: 30, firstDuration: 0, ends: 1 }],
    ['50 ms updates', { intervalMs: 50 }],
    ['a timestamp that moves with each packet', { movesTimestamp: true }],
    ['no end packet', { ends: 0 }],
  ])('is one digit from a sender with %s', (_, habit) => {
    const twice = [...press(5, 1000, 120, 65534, habit), ...press(5, 1300, 120, 20, habit)];
    const told = heard(twice);
    expect(told.map((text) => text.slice(0, 1))).toEqual(['5', '5']);
    if (habit.ends !== 0) expect(told).toEqual(['5 120', '5 120']);
  });

  it('is one of the sixteen keys', () => {
    const all = Array.from({ length: 16 }, (_, event) => press(event, event * 300, 100, event * 20)).flat();
    expect(heard(all).map((text) => text[0])).toEqual([...'0123456789*#ABCD']);
  });

  it('that lasts longer than 16 bits of duration is told in segments, once and at full length', () => {
    const segments: EventPacket[] = [
      ...press(1, 0, 8180, 0, { ends: 0 }),
      { atMs: 8200, sequence: 410, timestamp: 0xffff, event: 1, duration: 65 },
      { atMs: 8220, sequence: 411, timestamp: 0xffff, event: 1, duration: 225 },
      { atMs: 8240, sequence: 412, timestamp: 0xffff, event: 1, duration: 385, end: true },
    ];
    expect(heard(segments)).toEqual(['1 8240']);
  });

  it('whose duration wraps within one timestamp is told once and at full length', () => {
    const packets = Array.from({ length: 500 }, (_, index) => ({
      atMs: index * 20,
      sequence: index,
      timestamp: 77,
      event: 1,
      duration: ((index + 1) * 160) & 0xffff,
      marker: index === 0,
      end: index === 499,
    }));
    expect(heard(packets)).toEqual(['1 10000']);
  });

  it('is told when only one of its packets arrives', () => {
    const packets = press(3, 500, 100, 40);
    for (const packet of packets) expect(heard([packet]).map((text) => text[0])).toEqual(['3']);
  });

  it('is told apart from the next of the same key when all its end packets are lost', () => {
    const first = press(3, 0, 100, 0).filter(({ end }) => end !== true);
    expect(heard([...first, ...press(3, 200, 100, 10)])).toEqual(['3 80', '3 100']);
    expect(heard([...first, ...press(3, 200, 100, 10).slice(1)])).toEqual(['3 80', '3 100']);
  });

  it('ends when the next begins, and its own late end adds nothing', () => {
    const [first, second] = [press(3, 0, 100, 0), press(4, 160, 100, 10)];
    const lateEnd = { ...first.at(-1)!, atMs: 165 };
    const updates = first.filter(({ end }) => end !== true);
    expect(heard([...updates, second[0]!, lateEnd, ...second.slice(1)])).toEqual(['3 80', '4 100']);
  });

  it('is told when the sender falls silent, and not again when it comes back', () => {
    const packets = press(9, 0, 2000, 0);
    const stalled = packets.map((packet, index) =>
      index < 10 ? packet : { ...packet, atMs: packet.atMs + 600 },
    );
    expect(heard(stalled)).toEqual(['9 200']);
  });

  it('is told apart by its marker from a sender that stamps every press alike', () => {
    const alike = [...press(2, 0, 100, 0), ...press(2, 300, 100, 20)].map((packet) => ({
      ...packet,
      timestamp: 0,
    }));
    expect(heard(alike)).toEqual(['2 100', '2 100']);
  });

  it('is heard when another source begins with older numbers', () => {
    const other = press(6, 300, 100, 100).map((packet) => ({ ...packet, ssrc: 2 }));
    expect(heard([...press(5, 0, 100, 30_000), ...other])).toEqual(['5 100', '6 100']);
  });

  it('is read from the first four octets of a longer payload', () => {
    expect(heard(press(8, 0, 100, 0).map((packet) => ({ ...packet, trailer: [0, 0, 0, 0, 1] })))).toEqual([
      '8 100',
    ]);
  });

  it('is neither a short payload nor an event that is no key', () => {
    const receiver = new TelephoneEventReceiver(8000);
    const packet = packetOf({ atMs: 0, sequence: 0, timestamp: 0, event: 16, duration: 800, end: true });
    expect(receiver.receive(packet, 0)).toBe('not-a-key');
    packet.payloadLength = 3;
    expect(receiver.receive(packet, 0)).toBe('event-too-short');
    expect(receiver.pull()).toBeUndefined();
    expect(receiver.deadline).toBeUndefined();
  });
});

describe('a dialled number', () => {
  const habits = fc.record({
    intervalMs: fc.constantFrom(20, 30),
    ends: fc.integer({ min: 1, max: 3 }),
    endsShareSequence: fc.boolean(),
  });
  const fates = fc.array(
    fc.record({ lost: fc.nat({ max: 9 }), copies: fc.constantFrom(1, 1, 1, 2), lateMs: fc.nat({ max: 60 }) }),
    { minLength: 150, maxLength: 150 },
  );

  it('arrives digit by digit through any loss, reordering and duplication that leaves a packet of each', () => {
    const events = fc.array(fc.nat({ max: 15 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(events, habits, fates, fc.nat({ max: 0xffff }), (dialled, habit, fate, firstSequence) => {
        const presses = dialled.map((event, index) =>
          press(event, index * 300, 100, firstSequence + index * 15, habit),
        );
        let packetIndex = 0;
        const arrivals = presses.flatMap((packets) => {
          const fated = packets.map((packet) => ({ packet, fate: fate[packetIndex++ % fate.length]! }));
          const kept = fated.filter(({ fate: { lost } }) => lost > 2);
          return (kept.length > 0 ? kept : fated.slice(-1)).flatMap(({ packet, fate: { copies, lateMs } }) =>
            Array.from({ length: copies }, (_, copy) => ({ ...packet, atMs: packet.atMs + lateMs + copy })),
          );
        });
        arrivals.sort((a, b) => a.atMs - b.atMs);
        expect(heard(arrivals).map((text) => text[0])).toEqual(
          dialled.map((event) => '0123456789*#ABCD'[event]),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('is heard from the rtp-packet library', () => {
    const sender = new secondOpinion.DtmfPacketizer({
      ssrc: 1,
      payloadType: 101,
      clockRate: 8000,
      initialSequenceNumber: 65530,
    });
    const receiver = new TelephoneEventReceiver(8000);
    const packet = new RtpPacket();
    const digits: string[] = [];
    for (const [index, tone] of [...'0123456789*#ABCD'].entries()) {
      const startMs = index * 200;
      sender.startEvent(tone, startMs * 8);
      const packets = [...Array.from({ length: 4 }, () => sender.update(20)), ...sender.endEvent(20)];
      packets.forEach((octets, frame) => {
        expect(parseRtpPacket(octets, octets.length, packet)).toBeUndefined();
        receiver.receive(packet, startMs + frame * 20);
        const told = receiver.pull();
        if (told !== undefined) digits.push(`${told.digit}${told.durationMs}`);
      });
    }
    expect(digits).toEqual([...'0123456789*#ABCD'].map((tone) => `${tone}100`));
  });

  it('never makes the receiver throw, whatever its packets hold', () => {
    const packets = fc.array(
      fc.record({
        atMs: fc.nat({ max: 5000 }),
        sequence: fc.nat({ max: 0xffff }),
        timestamp: fc.integer({ min: 0, max: 0xffffffff }),
        event: fc.nat({ max: 255 }),
        duration: fc.nat({ max: 0xffff }),
        end: fc.boolean(),
        marker: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(packets, (received) => {
        received.sort((a, b) => a.atMs - b.atMs);
        expect(heard(received).length).toBeLessThanOrEqual(received.length);
      }),
    );
  });
});
