import { describe, expect, it } from 'vitest';
import { InputTimer } from '../../src/call/input-timer.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function waiting(timeoutMs: number | undefined) {
  const clock = new VirtualClock();
  const firedAtMs: number[] = [];
  const timer = new InputTimer({ clock, timers: clock, onTimeout: () => firedAtMs.push(clock.nowMs()) });
  timer.utteranceEnded(timeoutMs, true);
  return { clock, timer, firedAtMs };
}

describe('the wait for an answer', () => {
  it('ends after the time that the utterance set, once', async () => {
    const { clock, firedAtMs } = waiting(8000);
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([8000]);
  });

  it('does not begin after an utterance that set none', async () => {
    const { clock, firedAtMs } = waiting(undefined);
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([]);
  });

  it('begins after the last utterance, with what the last that asked has set', async () => {
    const { clock, timer, firedAtMs } = waiting(undefined);
    timer.utteranceQueued();
    timer.utteranceEnded(3000, false);
    await clock.advance(5000);
    timer.utteranceEnded(4000, false);
    await clock.advance(5000);
    timer.utteranceEnded(undefined, true);
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([14_000]);
  });

  it('is over when something more is to be heard', async () => {
    const { clock, timer, firedAtMs } = waiting(8000);
    await clock.advance(7000);
    timer.utteranceQueued();
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([]);
  });

  it('is over when the caller has said something', async () => {
    const { clock, timer, firedAtMs } = waiting(8000);
    await clock.advance(7000);
    timer.speechStarted();
    await clock.advance(7000);
    timer.speechEnded('words');
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([]);
  });

  it('begins anew after noise', async () => {
    const { clock, timer, firedAtMs } = waiting(8000);
    await clock.advance(7000);
    timer.speechStarted();
    await clock.advance(7000);
    timer.speechEnded('noise');
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([22_000]);
  });

  it('does not run while the caller speaks since before the end of the utterance', async () => {
    const { clock, timer, firedAtMs } = waiting(undefined);
    timer.speechStarted();
    timer.utteranceEnded(2000, true);
    await clock.advance(5000);
    expect(firedAtMs).toEqual([]);
    timer.speechEnded('noise');
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([7000]);
  });

  it('begins anew with each key', async () => {
    const { clock, timer, firedAtMs } = waiting(8000);
    for (let key = 0; key < 3; key += 1) {
      await clock.advance(7000);
      timer.digit();
    }
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([29_000]);
  });

  it('is not begun by a key', async () => {
    const { clock, timer, firedAtMs } = waiting(undefined);
    timer.digit();
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([]);
  });

  it('does not begin again by itself once it has ended', async () => {
    const { clock, timer, firedAtMs } = waiting(8000);
    await clock.advance(10_000);
    timer.digit();
    timer.speechStarted();
    timer.speechEnded('noise');
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([8000]);
  });

  it('stands still on hold', async () => {
    const { clock, timer, firedAtMs } = waiting(8000);
    await clock.advance(3000);
    timer.hold(true);
    await clock.advance(100_000);
    timer.hold(false);
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([108_000]);
  });

  it('waits for the end of hold when it was to begin in it', async () => {
    const { clock, timer, firedAtMs } = waiting(undefined);
    timer.hold(true);
    timer.utteranceEnded(8000, true);
    await clock.advance(20_000);
    timer.hold(false);
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([28_000]);
  });

  it('forgets what interrupted utterances have asked for', async () => {
    const { clock, timer, firedAtMs } = waiting(undefined);
    timer.utteranceEnded(3000, false);
    timer.interrupted();
    timer.utteranceEnded(undefined, true);
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([]);
  });

  it('is over when it is cancelled', async () => {
    const { clock, timer, firedAtMs } = waiting(8000);
    timer.cancel();
    timer.digit();
    await clock.advance(60_000);
    expect(firedAtMs).toEqual([]);
  });
});
