import { describe, expect, it } from 'vitest';
import { LoadGuard } from '../../src/app/load-guard.ts';

function guardOf(parts: { maxSetupsPerSecond?: number; longestOpeningMs?: () => number | undefined } = {}) {
  return new LoadGuard({
    maxSetupsPerSecond: parts.maxSetupsPerSecond,
    longestOpeningMs: parts.longestOpeningMs ?? (() => undefined),
  });
}

/** How many of the calls that come at once are taken. */
function taken(guard: LoadGuard, calls: number, nowMs: number): number {
  return Array.from({ length: calls }, () => guard.judge(nowMs)).filter((it) => it === undefined).length;
}

describe('calls at load', () => {
  it('are taken while every message is read in time, however many there are', () => {
    const guard = guardOf();
    for (let nowMs = 0; nowMs < 1000; nowMs += 10) {
      guard.noteTurn('a', nowMs % 100 !== 0, nowMs);
      expect(taken(guard, 100, nowMs)).toBe(100);
    }
  });

  it('are refused once messages have been waiting all the time for longer than a moment, until all are read', () => {
    const guard = guardOf();
    guard.noteTurn('a', true, 1000);
    guard.noteTurn('a', true, 1290);
    expect(guard.judge(1300)).toBeUndefined();
    expect(guard.judge(1301)).toBe('signalling-late');
    guard.noteTurn('a', true, 1500);
    expect(guard.judge(1500)).toBe('signalling-late');
    guard.noteTurn('a', false, 1510);
    expect(guard.judge(1510)).toBeUndefined();
    guard.noteTurn('a', true, 1520);
    expect(guard.judge(1800)).toBeUndefined();
  });

  it('are refused when one listener of two is not read to its end', () => {
    const guard = guardOf();
    guard.noteTurn('a', true, 0);
    guard.noteTurn('b', true, 10);
    guard.noteTurn('b', false, 390);
    expect(guard.judge(400)).toBe('signalling-late');
  });

  it('are refused while calls that were taken wait for their media', () => {
    let waitsMs: number | undefined = 501;
    const guard = guardOf({ longestOpeningMs: () => waitsMs });
    expect(guard.judge(0)).toBe('media-opening-late');
    waitsMs = 500;
    expect(guard.judge(0)).toBeUndefined();
    waitsMs = undefined;
    expect(guard.judge(0)).toBeUndefined();
  });

  it('are refused when every media worker is late, not when one is', () => {
    const guard = guardOf();
    guard.noteMediaLateness(0, 25);
    expect(guard.judge(0)).toBe('media-late');
    guard.noteMediaLateness(1, 0.1);
    expect(guard.judge(0)).toBeUndefined();
    guard.noteMediaLateness(1, 12);
    expect(guard.judge(0)).toBe('media-late');
    guard.noteMediaLateness(0, 0.2);
    expect(guard.judge(0)).toBeUndefined();
  });

  it('are taken at the rate that is configured, a second of it at once', () => {
    const guard = guardOf({ maxSetupsPerSecond: 20 });
    expect(taken(guard, 100, 0)).toBe(20);
    expect(guard.judge(0)).toBe('setup-rate');
    expect(taken(guard, 100, 500)).toBe(10);
    expect(taken(guard, 100, 10_000)).toBe(20);
    let steady = 0;
    for (let nowMs = 10_010; nowMs <= 20_000; nowMs += 10) steady += taken(guard, 1, nowMs);
    expect(steady).toBeGreaterThan(198);
    expect(steady).toBeLessThanOrEqual(200);
  });
});
