import { describe, expect, it } from 'vitest';
import { BackgroundPlayer } from '../../../src/agent/background-player/background-player.ts';
import { builtInClips } from '../../../src/agent/background-player/background-sound.ts';
import { levelDb, sharpestBend, toneLevelDb } from '../../support/audio.ts';
import { BackgroundCall, toneFile, toneStream } from '../../support/background-call.ts';
import { say } from '../../support/scripted-agent.ts';
import { onset, turn } from '../../support/scripted-listener.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const rateHz = 8000;
const low = toneFile(300);
const middle = toneFile(700);
const high = toneFile(1000);

const level = (call: BackgroundCall, frequencyHz: number, ms = 200) =>
  toneLevelDb(call.heard(ms), frequencyHz, rateHz);

describe('a source of a background player', () => {
  it('without settings has volume 1, and passes untouched', async () => {
    const call = await begin({ ambientSound: low });
    expect(level(call, 300)).toBeCloseTo(-12, 1);
  });

  it.each([
    { volume: 0.5, expected: -18 },
    { volume: 2, expected: -6 },
  ])('with volume $volume is multiplied by it: $expected dB', async ({ volume, expected }) => {
    const call = await begin({ ambientSound: { source: low, volume } });
    expect(level(call, 300)).toBeCloseTo(expected, 0);
  });

  it('with volume 0 is silent, and a volume that is none is refused', async () => {
    const call = await begin({ ambientSound: { source: low, volume: 0 } });
    expect(levelDb(call.heard(300))).toBeLessThan(-90);
    for (const volume of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => call.player.play({ source: low, volume })).toThrow(RangeError);
  });

  it('by a built-in name is one of ours', () => {
    expect(Object.keys(builtInClips)).toEqual([
      'OFFICE_AMBIENCE',
      'KEYBOARD_TYPING',
      'KEYBOARD_TYPING2',
      'HOLD_MUSIC',
    ]);
  });

  it('fades in with equal power', async () => {
    const call = await begin({});
    call.player.play({ source: toneFile(300, 4000), fadeIn: 1 });
    await call.wait(2000);
    const start = call.phone.heard.findIndex((sample) => Math.abs(sample) > 100);
    const at = (ms: number) =>
      toneLevelDb(call.phone.heard.subarray(start + ms * 8 - 400, start + ms * 8 + 400), 300, rateHz);
    expect(Math.abs(at(500) - -15)).toBeLessThan(1);
    expect(at(1200)).toBeCloseTo(-12, 0);
  });

  it('fades out when it is stopped, and its handle is not done before', async () => {
    const call = await begin({});
    const handle = call.player.play({ source: low, fadeOut: 1 }, true);
    await call.wait(500);
    handle.stop();
    await call.wait(500);
    expect(handle.done()).toBe(false);
    expect(Math.abs(level(call, 300, 50) - -15)).toBeLessThan(1.5);
    await call.wait(600);
    expect(handle.done()).toBe(true);
    expect(levelDb(call.heard(50))).toBeLessThan(-90);
  });
});

describe('the ambient sound', () => {
  it('loops from start to close, under speech and in silence, at a constant level', async () => {
    const call = await begin({ ambientSound: low });
    await call.wait(3000);
    expect(level(call, 300)).toBeCloseTo(-12, 0);
    call.host.submit([say('tone 1000 1000')]);
    await call.wait(800);
    expect(level(call, 300)).toBeCloseTo(-12, 0);
    expect(level(call, 1000)).toBeCloseTo(-12, 0);
    call.player.close();
    await call.wait(600);
    expect(levelDb(call.heard(200))).toBeLessThan(-90);
  });

  it('is chosen once for each start, from a list', async () => {
    const draws = [0.9, 0.1];
    const call = await begin({
      ambientSound: [
        { source: low, probability: 0.5 },
        { source: high, probability: 0.5 },
      ],
      random: () => draws.shift()!,
    });
    await call.wait(2000);
    expect(level(call, 1000)).toBeCloseTo(-12, 0);
    call.player.close();
    call.player.start();
    await call.wait(500);
    expect(level(call, 300)).toBeCloseTo(-12, 0);
    expect(draws).toEqual([]);
  });

  it('on its own is always played, whatever its probability', async () => {
    const call = await begin({ ambientSound: { source: low, probability: 0 } });
    expect(level(call, 300)).toBeCloseTo(-12, 0);
  });

  it('as a stream is played once', async () => {
    const call = await begin({ ambientSound: toneStream(300, 1000) });
    expect(level(call, 300)).toBeCloseTo(-12, 0);
    await call.wait(1500);
    expect(levelDb(call.heard(200))).toBeLessThan(-90);
    expect(call.player.ambience?.done()).toBe(true);
  });

  it('that cannot be had is silently over, with the reason in its handle', async () => {
    const call = await begin({ ambientSound: 'no-such-sound' });
    expect(call.player.ambience?.done()).toBe(true);
    expect(call.player.ambience?.error?.message).toBe('sound-unknown');
    expect(call.phone.isTalking).toBe(true);
  });

  it('is not touched by what the caller says, nor by an interruption', async () => {
    const call = await begin({ ambientSound: low });
    call.host.submit([
      {
        ...say('tone 1000 3000'),
        bargeIn: { strategy: 'immediate', minimumCharacters: 1, allowAfterMs: 0 },
      } as ReturnType<typeof say>,
    ]);
    await call.wait(500);
    call.listener.latest.hears(onset);
    await call.wait(500);
    expect(level(call, 1000)).toBeLessThan(-60);
    expect(level(call, 300, 700)).toBeCloseTo(-12, 0);
  });
});

describe('the thinking sound', () => {
  it('is heard from the end of the turn, after its delay, until the first of the reply', async () => {
    const call = await begin({ thinkingSound: middle });
    call.listener.latest.hears(onset, turn('how much is the fish'));
    await call.wait(300);
    expect(levelDb(call.heard(200))).toBeLessThan(-90);
    await call.wait(500);
    expect(level(call, 700)).toBeCloseTo(-12, 0);
    call.host.submit([say('tone 1000 1000')]);
    await call.wait(400);
    expect(level(call, 700)).toBeLessThan(-60);
    expect(level(call, 1000)).toBeCloseTo(-12, 0);
    expect(call.states).toEqual(['thinking', 'speaking']);
  });

  it('is not heard at all before a quick answer', async () => {
    const call = await begin({ thinkingSound: middle });
    call.listener.latest.hears(onset, turn('hello'));
    await call.wait(200);
    call.host.submit([say('tone 1000 500')]);
    await call.wait(2000);
    expect(level(call, 700, 2000)).toBeLessThan(-60);
  });

  it('has the delay that it is given', async () => {
    const call = await begin({ thinkingSound: { source: middle, startAfterMs: 1500 } });
    call.listener.latest.hears(onset, turn('hello'));
    await call.wait(1500);
    expect(levelDb(call.heard(1000))).toBeLessThan(-90);
    await call.wait(500);
    expect(level(call, 700)).toBeCloseTo(-12, 0);
  });

  it('loops, or is played once where that is asked for', async () => {
    for (const [loop, expected] of [
      [undefined, true],
      [false, false],
    ] as const) {
      const call = await begin({ thinkingSound: { source: middle, loop } });
      call.listener.latest.hears(onset, turn('hello'));
      await call.wait(3000);
      expect(level(call, 700) > -20).toBe(expected);
    }
  });

  it('is chosen anew for each period of thinking', async () => {
    const draws = [0.1, 0.9];
    const call = await begin({ thinkingSound: [middle, high], random: () => draws.shift()! });
    for (const frequencyHz of [700, 1000]) {
      call.listener.latest.hears(onset, turn('hello'));
      await call.wait(1000);
      expect(level(call, frequencyHz)).toBeCloseTo(-12, 0);
      call.host.submit([say('tone 440 300')]);
      await call.wait(1000);
    }
    expect(draws).toEqual([]);
  });

  it('goes on through several tool calls', async () => {
    const call = await begin({ thinkingSound: toneFile(700, 20_000) });
    call.host.submit([{ kind: 'think' }]);
    await call.wait(1000);
    call.host.submit([{ kind: 'think' }]);
    await call.wait(1000);
    call.host.submit([{ kind: 'think' }]);
    await call.wait(500);
    expect(level(call, 700, 1800)).toBeCloseTo(-12, 0);
    expect(startsOn(call)).toBe(1);
  });

  it('ends at once when the caller speaks on, without a click', async () => {
    const call = await begin({ thinkingSound: middle });
    call.listener.latest.hears(onset, turn('hello'));
    await call.wait(1000);
    const steady = sharpestBend(call.heard(200));
    call.listener.latest.hears(onset);
    await call.wait(160);
    expect(levelDb(call.heard(50))).toBeLessThan(-90);
    expect(sharpestBend(call.heard(160))).toBeLessThanOrEqual(steady * 1.1);
  });

  it('stops by itself when no answer ever comes', async () => {
    const call = await begin({ thinkingSound: middle });
    call.listener.latest.hears(onset, turn('hello'));
    await call.wait(31_000);
    expect(levelDb(call.heard(200))).toBeLessThan(-90);
    expect(call.states).toEqual(['thinking', 'idle']);
  });

  it('ends with the first of a live agent’s voice, which the mixer alone can tell', async () => {
    const call = await begin({ thinkingSound: middle });
    call.host.submit([{ kind: 'think' }]);
    await call.wait(1000);
    expect(level(call, 700)).toBeCloseTo(-12, 0);
    const leg = call.house.media.legs[0]!;
    leg.options.onEvent({ kind: 'voice', isSpeaking: true });
    await call.wait(300);
    expect(levelDb(call.heard(100))).toBeLessThan(-90);
    leg.options.onEvent({ kind: 'voice', isSpeaking: false });
    expect(call.states).toEqual(['thinking', 'speaking', 'listening']);
    call.host.submit([
      {
        kind: 'open-line',
        lineId: 1,
        options: {
          protocol: 'audio-socket',
          target: { kind: 'websocket', url: 'ws://127.0.0.1:1', headers: {} },
          connectTimeoutMs: 1000,
          hears: 'caller',
          speaks: true,
          settings: { rateHz: 8000, frameMs: 20 },
        },
        vital: true,
      },
    ]);
    expect(leg.commands.map(({ kind }) => kind).slice(-2)).toEqual(['watch-voice', 'open-line']);
  });

  it('of a flow is heard with any agent', async () => {
    const call = new BackgroundCall({}, { background: { ambientSound: low, thinkingSound: middle } });
    await call.begin();
    expect(level(call, 300)).toBeCloseTo(-12, 0);
    call.listener.latest.hears(onset, turn('hello'));
    await call.wait(1000);
    expect(level(call, 300)).toBeCloseTo(-12, 0);
    expect(level(call, 700)).toBeCloseTo(-12, 0);
    call.host.fail('unreachable');
    await call.wait(300);
    expect(level(call, 700)).toBeLessThan(-60);
    expect(level(call, 300)).toBeCloseTo(-12, 0);
  });
});

describe('a background player', () => {
  it('plays nothing before it is started, and says so', () => {
    const player = new BackgroundPlayer({
      submit: () => undefined,
      timers: new VirtualClock(),
      random: () => 0,
    });
    expect(() => player.play('office')).toThrow('not started');
    player.start();
    player.close();
    expect(() => player.play('office')).toThrow('not started');
  });

  it('closes all it plays, and can be started again', async () => {
    const call = await begin({ ambientSound: low });
    const handle = call.player.play({ source: toneFile(700, 9000), fadeOut: 5 });
    await call.wait(300);
    call.player.close();
    expect(handle.done()).toBe(true);
    await handle.waitForPlayout();
    call.player.start();
    await call.wait(6000);
    expect(level(call, 300)).toBeCloseTo(-12, 0);
    expect(level(call, 700)).toBeLessThan(-60);
  });

  it('leaves nothing behind when the caller hangs up in a loop', async () => {
    const call = await begin({ ambientSound: low, thinkingSound: middle });
    call.player.play({ source: high, startAfterMs: 60_000 });
    call.listener.latest.hears(onset, turn('hello'));
    await call.wait(1000);
    call.phone.hangUp();
    call.player.close();
    await call.wait(40_000);
    expect(call.clock.nextDueMs).toBeUndefined();
  });
});

async function begin(sounds: ConstructorParameters<typeof BackgroundCall>[0]): Promise<BackgroundCall> {
  const call = await new BackgroundCall(sounds).begin();
  call.player.start();
  await call.wait(600);
  return call;
}

function startsOn(call: BackgroundCall): number {
  return call.house.media.legs[0]!.commands.filter(({ kind }) => kind === 'start-loop').length;
}
