import { describe, expect, it } from 'vitest';
import { levelDb, toneLevelDb } from '../../support/audio.ts';
import { BackgroundCall, toneFile, toneStream } from '../../support/background-call.ts';
import { say } from '../../support/scripted-agent.ts';

const rateHz = 8000;
const low = toneFile(300);
const middle = toneFile(700);
const high = toneFile(1000);

const level = (call: BackgroundCall, frequencyHz: number, ms = 200) =>
  toneLevelDb(call.heard(ms), frequencyHz, rateHz);

describe('a sound on demand', () => {
  it('is mixed with others, never queued behind them', async () => {
    const call = await begin({ ambientSound: low });
    call.player.play(toneFile(700, 1000));
    call.player.play(toneFile(1000, 1000));
    await call.wait(500);
    for (const frequencyHz of [300, 700, 1000]) expect(level(call, frequencyHz)).toBeCloseTo(-12, 0);
  });

  it('gives back a handle at once that tells its end', async () => {
    const call = await begin({});
    const handle = call.player.play(toneFile(700, 1000));
    expect(handle.done()).toBe(false);
    let isOver = false;
    void handle.waitForPlayout().then(() => {
      isOver = true;
    });
    await call.wait(800);
    expect(isOver).toBe(false);
    await call.wait(400);
    expect(isOver).toBe(true);
    expect(handle.done()).toBe(true);
  });

  it('has a handle that an async function may give back', async () => {
    const call = await begin({});
    const handle = await (async () => call.player.play(toneFile(700, 1000)))();
    expect('then' in handle).toBe(false);
    expect(handle.done()).toBe(false);
  });

  it('is stopped at once by its handle, as often as one likes', async () => {
    const call = await begin({});
    const handle = call.player.play(toneFile(700, 5000));
    await call.wait(500);
    handle.stop();
    handle.stop();
    expect(handle.done()).toBe(true);
    await handle.waitForPlayout();
    await call.wait(200);
    expect(levelDb(call.heard(100))).toBeLessThan(-90);
  });

  it('loops where that is asked for, and a stream refuses to', async () => {
    const call = await begin({});
    call.player.play(middle, true);
    await call.wait(2000);
    expect(level(call, 700)).toBeCloseTo(-12, 0);
    expect(() => call.player.play(toneStream(300, 100), true)).toThrow(TypeError);
  });

  it('as a stream is played as it comes', async () => {
    const call = await begin({});
    const handle = call.player.play({ source: toneStream(700, 1000), volume: 0.5 });
    await call.wait(600);
    expect(level(call, 700)).toBeCloseTo(-18, 0);
    await call.wait(700);
    expect(handle.done()).toBe(true);
  });

  it('has its volume changed in mid-play, and while it waits', async () => {
    const call = await begin({});
    const handle = call.player.play(middle, true);
    await call.wait(300);
    handle.setVolume(0.25);
    await call.wait(300);
    expect(level(call, 700)).toBeCloseTo(-24, 0);
    const late = call.player.play({ source: high, startAfterMs: 200 }, true);
    late.setVolume(0.5);
    await call.wait(600);
    expect(level(call, 1000)).toBeCloseTo(-18, 0);
  });

  it('ducks under speech only where that is asked for', async () => {
    const call = await begin({});
    call.player.play({ source: middle, ducking: { depthDb: 12, attackMs: 40, releaseMs: 200 } }, true);
    call.player.play(high, true);
    call.host.submit([say('tone 300 1000')]);
    await call.wait(600);
    expect(level(call, 700)).toBeCloseTo(-24, 0);
    expect(level(call, 1000)).toBeCloseTo(-12, 0);
    await call.wait(1000);
    expect(level(call, 700)).toBeCloseTo(-12, 0);
  });

  it('that is chosen to be silence is done already', async () => {
    const call = await begin({});
    const handle = call.player.play([{ source: low, probability: 0 }]);
    expect(handle.done()).toBe(true);
    await handle.waitForPlayout();
    handle.stop();
    handle.setVolume(1);
  });

  it('that cannot be had is done, with an error and without a rejection', async () => {
    const call = await begin({});
    const handle = call.player.play('nowhere.mp3');
    await handle.waitForPlayout();
    expect(handle.error?.message).toBe('sound-unknown');
    const html = call.player.play(new TextEncoder().encode('<html>'));
    await html.waitForPlayout();
    expect(html.error).toBeInstanceOf(Error);
  });

  it('is refused when too many play already, with the reason', async () => {
    const call = new BackgroundCall({}, { mostTracks: 2 });
    await call.begin();
    call.player.start();
    call.player.play(low, true);
    call.player.play(middle, true);
    const third = call.player.play(high, true);
    await third.waitForPlayout();
    expect(third.error?.message).toBe('too-many-tracks');
  });
});

async function begin(sounds: ConstructorParameters<typeof BackgroundCall>[0]): Promise<BackgroundCall> {
  const call = await new BackgroundCall(sounds).begin();
  call.player.start();
  await call.wait(600);
  return call;
}
