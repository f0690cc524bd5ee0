import { describe, expect, it } from 'vitest';
import { EchoGuard } from '../../../src/speech/turns/echo-guard.ts';

/** Both levels for so many windows. */
function run(guard: EchoGuard, windows: number, sentDb: number, levelDb: number, learns = true): void {
  for (let i = 0; i < windows; i++) guard.push(sentDb, levelDb, learns);
}

describe('the guard against our own echo', () => {
  it('is away while we are silent', () => {
    const guard = new EchoGuard();
    run(guard, 100, -120, -40);
    expect(guard.active).toBe(false);
    expect(guard.thresholdDb).toBe(-120);
  });

  it('expects an echo 15 dB below our voice on a line it does not know', () => {
    const guard = new EchoGuard();
    run(guard, 1, -20, -70);
    expect(guard.thresholdDb).toBeGreaterThan(-35);
    expect(guard.thresholdDb).toBeLessThan(-30);
  });

  it('lets quieter callers through once the line has shown that it is clean', () => {
    const guard = new EchoGuard();
    run(guard, 50, -20, -70);
    expect(guard.thresholdDb).toBeLessThan(-45);
  });

  it('stays above the echo that it has measured', () => {
    const guard = new EchoGuard();
    run(guard, 50, -20, -42);
    expect(guard.thresholdDb).toBeGreaterThan(-42);
    expect(guard.thresholdDb).toBeLessThan(-36);
  });

  it('learns nothing from a caller who is having a turn', () => {
    const guard = new EchoGuard();
    run(guard, 50, -20, -70);
    run(guard, 50, -20, -25, false);
    expect(guard.thresholdDb).toBeLessThan(-45);
  });

  it('does not take the beginning of an interruption for echo in the next utterance', () => {
    const guard = new EchoGuard();
    run(guard, 50, -20, -70);
    run(guard, 9, -20, -22);
    guard.turnBegan();
    run(guard, 60, -20, -22, false);
    run(guard, 50, -20, -70);
    expect(guard.thresholdDb).toBeLessThan(-45);
  });

  it('keeps what we sent for as long as it may still come back', () => {
    const guard = new EchoGuard();
    run(guard, 10, -20, -70);
    run(guard, 15, -120, -70);
    expect(guard.active).toBe(true);
    run(guard, 10, -120, -70);
    expect(guard.active).toBe(false);
  });

  it('goes back to its first assumption when what it let through had no words in it', () => {
    const guard = new EchoGuard();
    run(guard, 50, -20, -70);
    guard.distrust();
    expect(guard.thresholdDb).toBeGreaterThan(-35);
  });
});
