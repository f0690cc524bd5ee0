import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import type { SoundSource, SoundStream } from '../../src/audio/sound-source.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import type { CallFlow } from '../../src/call/flow.ts';
import { levelDb, noise, tone, toneLevelDb } from '../support/audio.ts';
import { loop, play, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';
import { HeldClips, wavClips } from '../support/wav-clips.ts';

const rateHz = 8000;
const low = wav(300);
const high = wav(1000);

describe('a loop whose sound is still being decoded', () => {
  it('starts when it is ready, with the gain that was asked for last', async () => {
    const { clock, phone, agent, clips } = await talk();
    agent.host?.submit([loop(low, 1)]);
    await clock.advance(500);
    expect(levelDb(latest(phone, 300))).toBeLessThan(-80);
    agent.host?.submit([loop(undefined, 0.5)]);
    await clips.release(low);
    await clock.advance(600);
    expect(toneLevelDb(latest(phone, 400), 300, rateHz)).toBeCloseTo(-18, 0);
  });

  it('does not start when it has been stopped meanwhile', async () => {
    const { clock, phone, agent, clips } = await talk();
    agent.host?.submit([loop(low, 1)]);
    await clock.advance(100);
    agent.host?.submit([{ kind: 'stop-loop', track: 'ambience' }]);
    await clips.release(low);
    await clock.advance(1000);
    expect(levelDb(latest(phone, 900))).toBeLessThan(-80);
  });

  it('does not start when another has taken its place, though that one was ready first', async () => {
    const { clock, phone, agent, clips } = await talk();
    agent.host?.submit([loop(low, 1)]);
    await clock.advance(100);
    agent.host?.submit([loop(high, 1)]);
    await clips.release(high);
    await clock.advance(500);
    await clips.release(low);
    await clock.advance(1000);
    expect(toneLevelDb(latest(phone, 800), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(latest(phone, 800), 300, rateHz)).toBeLessThan(-60);
  });

  it('leaves the one before it playing until then', async () => {
    const { clock, phone, agent, clips } = await talk();
    agent.host?.submit([loop(low, 1)]);
    await clips.release(low);
    await clock.advance(500);
    agent.host?.submit([loop(high, 1)]);
    await clock.advance(1000);
    expect(toneLevelDb(latest(phone, 800), 300, rateHz)).toBeCloseTo(-12, 0);
    await clips.release(high);
    await clock.advance(1000);
    expect(toneLevelDb(latest(phone, 800), 1000, rateHz)).toBeCloseTo(-12, 0);
  });

  it('does not start in a call that is over', async () => {
    const { clock, phone, agent, clips, house } = await talk();
    agent.host?.submit([loop(low, 1)]);
    phone.hangUp();
    await clock.advance(500);
    const sent = house.media.legs[0]!.commands.length;
    await clips.release(low);
    await clock.advance(500);
    expect(house.media.legs[0]!.commands).toHaveLength(sent);
  });
});

describe('a queued sound that is still being decoded', () => {
  it('is heard in its turn all the same', async () => {
    const { clock, phone, agent, clips } = await talk();
    agent.host?.submit([play(low), say('tone 700 500'), play(high)]);
    await clock.advance(1000);
    expect(levelDb(latest(phone, 900))).toBeLessThan(-80);
    await clips.release(low);
    await clock.advance(100);
    await clips.release(high);
    await clock.advance(3000);
    expect(orderHeard(phone, [300, 700, 1000])).toEqual([300, 700, 1000]);
    expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(3);
  });

  it('does not hold up what is said after an interruption', async () => {
    const { clock, phone, agent, clips } = await talk();
    agent.host?.submit([play(low)]);
    await clock.advance(200);
    agent.host?.submit([{ kind: 'interrupt' }, say('tone 700 1000')]);
    await clock.advance(600);
    expect(toneLevelDb(latest(phone, 400), 700, rateHz)).toBeCloseTo(-12, 0);
    await clips.release(low);
    await clock.advance(1500);
    expect(orderHeard(phone, [300, 700])).toEqual([700]);
  });
});

describe('sound that is still being made', () => {
  it('is played in its turn, at any rate', async () => {
    const { clock, phone, agent } = await talk();
    agent.host?.submit([say('tone 300 500'), playing(toneFrames(1000, 1000, 24_000)), say('tone 700 500')]);
    await clock.advance(3000);
    expect(orderHeard(phone, [300, 700, 1000])).toEqual([300, 1000, 700]);
  });

  it('is not taken further ahead than half a minute', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<{ samples: Int16Array; rateHz: number }> {
      for (;;) {
        taken += 1;
        yield { samples: new Int16Array(rateHz), rateHz };
      }
    }
    const { clock, agent } = await talk();
    agent.host?.submit([playing(endless())]);
    await clock.advance(10_000);
    expect(taken).toBeGreaterThan(35);
    expect(taken).toBeLessThan(45);
  });

  it('runs on a track behind the voice, and no further ahead than it must', async () => {
    let taken = 0;
    async function* frames(): AsyncGenerator<{ samples: Int16Array; rateHz: number }> {
      for await (const frame of toneFrames(300, 60_000, 16_000)) {
        taken += frame.samples.length / 16;
        yield frame;
      }
    }
    const { clock, phone, agent } = await talk();
    agent.host?.submit([looping(frames()), say('tone 1000 1000')]);
    await clock.advance(900);
    expect(toneLevelDb(latest(phone, 500), 300, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(latest(phone, 500), 1000, rateHz)).toBeCloseTo(-12, 0);
    await clock.advance(5000);
    expect(toneLevelDb(latest(phone, 4000), 300, rateHz)).toBeCloseTo(-18, 0);
    expect(taken).toBeLessThan(9000);
    agent.host?.submit([{ kind: 'stop-loop', track: 'ambience' }]);
    await clock.advance(1000);
    expect(levelDb(latest(phone, 900))).toBeLessThan(-80);
    const before = taken;
    await clock.advance(5000);
    expect(taken).toBe(before);
  });

  it('that never comes does not hold up what is said after an interruption', async () => {
    async function* never(): AsyncGenerator<{ samples: Int16Array; rateHz: number }> {
      await new Promise(() => undefined);
      yield { samples: new Int16Array(0), rateHz };
    }
    const { clock, phone, agent } = await talk();
    agent.host?.submit([playing(never())]);
    await clock.advance(100);
    agent.host?.submit([{ kind: 'interrupt' }, say('tone 700 1000')]);
    await clock.advance(600);
    expect(toneLevelDb(latest(phone, 400), 700, rateHz)).toBeCloseTo(-12, 0);
  });

  it('that breaks off ends there, with a warning', async () => {
    async function* broken(): AsyncGenerator<{ samples: Int16Array; rateHz: number }> {
      yield { samples: tone(300, { rateHz, lengthSamples: 4000, levelDb: -12 }), rateHz };
      throw new Error('the line is dead');
    }
    const { clock, agent, house } = await talk();
    agent.host?.submit([playing(broken()), say('tone 700 200')]);
    await clock.advance(1500);
    expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(2);
    expect(house.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });
});

describe("a flow's ambience", () => {
  it('is brought to its loudness', async () => {
    const loud = serializeWav(noise({ lengthSamples: 2 * rateHz, peak: 20_000 }), rateHz);
    const levels = await Promise.all(
      [-30, -20].map(async (loudnessLufs) => {
        const ambience = { sound: loud, gain: 1, loudnessLufs };
        const { clock, phone } = await talk({ ambience }, { clips: wavClips() });
        await clock.advance(1000);
        return levelDb(latest(phone, 900));
      }),
    );
    expect(levels[1]! - levels[0]!).toBeCloseTo(10, 0);
  });

  it('begins anywhere in the sound where that is asked for', async () => {
    // Two seconds: the first low, the second high.
    const [first, second] = [300, 1000].map((frequencyHz) =>
      tone(frequencyHz, { rateHz, lengthSamples: rateHz, levelDb: -12 }),
    );
    const sound = serializeWav(Int16Array.from([...first!, ...second!]), rateHz);
    for (const [startsAnywhere, expected] of [
      [true, 1000],
      [false, 300],
    ] as const) {
      const ambience = { sound, gain: 1, startsAnywhere };
      const { phone } = await talk({ ambience }, { clips: wavClips(), random: () => 0.5 });
      // A second has passed since the call was set up, most of it since the answer.
      expect(toneLevelDb(latest(phone, 900).subarray(0, 3200), expected, rateHz)).toBeGreaterThan(-14);
    }
  });
});

async function talk(flow: Partial<CallFlow> = {}, options: Partial<SimulatedSwitchOptions> = {}) {
  const agent = new ScriptedAgent();
  const clips = new HeldClips();
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const flows = [simulatedFlow(agent.factory, flow)];
  const house = new SimulatedSwitch({ clock, network, flows, clips: clips.store, ...options });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception');
  await clock.advance(1000);
  return { clock, phone, agent, clips, house };
}

function latest(phone: SimulatedPhone, ms: number): Int16Array {
  return phone.heard.subarray(-ms * (rateHz / 1000));
}

/** Which of these tones was heard first, second and so on. */
function orderHeard(phone: SimulatedPhone, frequenciesHz: readonly number[]): number[] {
  const order: number[] = [];
  for (let at = 0; at + 400 <= phone.heard.length; at += 400) {
    const piece = phone.heard.subarray(at, at + 400);
    const heard = frequenciesHz.find((frequencyHz) => toneLevelDb(piece, frequencyHz, rateHz) > -15);
    if (heard !== undefined && order.at(-1) !== heard) order.push(heard);
  }
  return order;
}

async function* toneFrames(
  frequencyHz: number,
  lengthMs: number,
  streamRateHz: number,
): AsyncGenerator<{ samples: Int16Array; rateHz: number }> {
  const whole = tone(frequencyHz, {
    rateHz: streamRateHz,
    lengthSamples: (lengthMs * streamRateHz) / 1000,
    levelDb: -12,
  });
  for (let at = 0; at < whole.length; at += streamRateHz / 50)
    yield { samples: whole.slice(at, at + streamRateHz / 50), rateHz: streamRateHz };
}

function playing(audio: SoundSource | SoundStream): AgentCommand {
  return { kind: 'play', audio, bargeIn: { strategy: 'none', minimumCharacters: 3, allowAfterMs: 0 } };
}

function looping(audio: SoundSource | SoundStream): AgentCommand {
  return { kind: 'loop', track: 'ambience', audio, gain: 0.5 };
}

function wav(frequencyHz: number): Uint8Array {
  return serializeWav(tone(frequencyHz, { rateHz, lengthSamples: rateHz / 2, levelDb: -12 }), rateHz);
}
