import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DurationHistogram } from '../../src/duration-histogram.ts';
import { Tick, type TickMember } from '../../src/net/tick.ts';

describe('the beat of a media worker', () => {
  it('ticks every member once in 20 ms, on a grid that never moves, and transmits after the whole slot', async () => {
    const { tick, members } = running(45);
    await sleep(500);
    stop(tick, members);
    for (const member of members) {
      expect(member.dueMs.length).toBeGreaterThan(5);
      expectOnGrid(member);
      expect(member.transmits).toBe(member.dueMs.length);
      // Each tick has its rest, the last one may still be owing it.
      const rested = member.restedMs.slice(0, member.dueMs.length - 1);
      expect(rested.map(Math.round)).toEqual(member.dueMs.slice(0, -1).map(Math.round));
    }
    // 45 members on 20 slots: two or three in each.
    const perSlot = Map.groupBy(members, ({ dueMs }) => Math.round(dueMs[3]!) % 20);
    expect(perSlot.size).toBe(20);
    for (const slot of perSlot.values()) expect(slot.length).toBeLessThanOrEqual(3);
  });

  it('catches up with what a short hold-up delayed', async () => {
    const { tick, members, lateness } = running(3);
    await sleep(100);
    members[0]!.holdUpMs = 50;
    await sleep(300);
    stop(tick, members);
    expect(lateness.maxMs).toBeGreaterThan(40);
    for (const member of members) {
      expectOnGrid(member);
      // A busy machine may have held up the thread for longer than the test did.
      if (lateness.maxMs < 100) expect(member.skipped).toBe(0);
    }
  });

  it('leaves out whole rounds after a long one, says how many, and keeps its grid', async () => {
    const { tick, members } = running(3);
    await sleep(100);
    members[0]!.holdUpMs = 330;
    await sleep(600);
    stop(tick, members);
    for (const member of members) {
      expect(member.skipped).toBeGreaterThanOrEqual(14);
      expectOnGrid(member);
    }
  });

  it('stops without members and begins again with the next', async () => {
    const { tick, members } = running(1);
    await sleep(100);
    stop(tick, members);
    const ticks = members[0]!.dueMs.length;
    await sleep(100);
    expect(members[0]!.dueMs.length).toBe(ticks);
    tick.add(members[0]!);
    await sleep(100);
    stop(tick, members);
    expect(members[0]!.dueMs.length).toBeGreaterThan(ticks);
    expect(tick.members).toBe(0);
  });
});

class Recorder implements TickMember {
  readonly dueMs: number[] = [];
  readonly restedMs: number[] = [];
  transmits = 0;
  skipped = 0;
  /** The next tick blocks the thread for so long. */
  holdUpMs = 0;

  tick(nowMs: number): void {
    this.dueMs.push(nowMs);
    const until = performance.now() + this.holdUpMs;
    this.holdUpMs = 0;
    while (performance.now() < until);
  }

  transmit(): void {
    this.transmits += 1;
  }

  rest(nowMs: number): void {
    this.restedMs.push(nowMs);
  }

  skip(ticks: number): void {
    this.skipped += ticks;
  }
}

function running(count: number): { tick: Tick; members: Recorder[]; lateness: DurationHistogram } {
  const lateness = new DurationHistogram({ bucketsPerMs: 20, longestMs: 50 });
  const tick = new Tick(lateness);
  const members = Array.from({ length: count }, () => new Recorder());
  for (const member of members) tick.add(member);
  return { tick, members, lateness };
}

function stop(tick: Tick, members: readonly Recorder[]): void {
  for (const member of members) tick.remove(member);
}

/** Every 20 ms since the first tick has been ticked, or was told to be left out. */
function expectOnGrid({ dueMs, skipped }: Recorder): void {
  expect((dueMs.at(-1)! - dueMs[0]!) / 20).toBeCloseTo(dueMs.length - 1 + skipped, 6);
  for (let i = 1; i < dueMs.length; i++) {
    const rounds = (dueMs[i]! - dueMs[i - 1]!) / 20;
    expect(rounds).toBeCloseTo(Math.max(1, Math.round(rounds)), 6);
  }
}
