import { describe, expect, it } from 'vitest';
import type { AgentCommand, AgentEvent, AgentFactory, AgentHost } from '../../src/agent/agent.ts';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { play, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { interim, onset, ScriptedListener, turn } from '../support/scripted-listener.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

async function talk(factory: AgentFactory) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const listener = new ScriptedListener();
  const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(factory)], listener });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception');
  await clock.advance(1000);
  return { clock, house, phone, ear: listener.latest };
}

const onStart =
  (...batch: readonly AgentCommand[]) =>
  (event: AgentEvent, host: AgentHost): void => {
    if (event.kind === 'started') host.submit(batch);
  };

const named = (command: AgentCommand, utteranceId: number, parts: object = {}): AgentCommand =>
  ({ ...command, ...parts, utteranceId }) as AgentCommand;

/** 440 Hz for a second, then 1000 Hz for a second. */
const twoTones = serializeWav(
  Int16Array.from([
    ...tone(440, { rateHz: 8000, lengthSamples: 8000, levelDb: -12 }),
    ...tone(1000, { rateHz: 8000, lengthSamples: 8000, levelDb: -12 }),
  ]),
  8000,
);

describe('an utterance with a number', () => {
  it('is told by it when it begins and when it ends, with what was heard of it', async () => {
    const agent = new ScriptedAgent(onStart(named(say('tone 440 300'), 7), named(play(twoTones), 8)));
    const { clock } = await talk(agent.factory);
    await clock.advance(3000);
    const told = agent.events.filter(({ kind }) => kind === 'utterance-started' || kind === 'spoken');
    expect(told).toEqual([
      { kind: 'utterance-started', utteranceId: 7 },
      { kind: 'spoken', cut: undefined, utteranceId: 7, playedMs: expect.closeTo(300, -1) },
      { kind: 'utterance-started', utteranceId: 8 },
      { kind: 'spoken', cut: undefined, utteranceId: 8, playedMs: 2000 },
    ]);
  });

  it('that cannot be had is told with the reason, and never as heard', async () => {
    const agent = new ScriptedAgent(
      onStart(named(say('mute'), 1), named(play(new TextEncoder().encode('no sound')), 2)),
    );
    const { clock } = await talk(agent.factory);
    await clock.advance(1000);
    const told = agent.events.filter(({ kind }) => kind === 'spoken');
    expect(told).toMatchObject([
      { utteranceId: 1, refusal: 'speech-failed' },
      { utteranceId: 2, refusal: expect.stringMatching(/\w/) },
    ]);
    expect(agent.told).not.toContain('utterance-started');
  });

  it('begins where it is told to', async () => {
    const agent = new ScriptedAgent(onStart(named(play(twoTones), 1, { fromMs: 1000 })));
    const { phone, clock } = await talk(agent.factory);
    await clock.advance(200);
    expect(toneLevelDb(phone.heard.subarray(-1600), 440, 8000)).toBeLessThan(-50);
    expect(toneLevelDb(phone.heard.subarray(-8000, -4000), 1000, 8000)).toBeCloseTo(-12, 0);
    await clock.advance(1000);
    expect(agent.events).toContainEqual({ kind: 'spoken', cut: undefined, utteranceId: 1, playedMs: 1000 });
  });
});

describe('an agent that follows what is understood', () => {
  it('is told of it before the end of the turn; others are not', async () => {
    const curious = new ScriptedAgent();
    const follows: AgentFactory = (host) => Object.assign(curious.factory(host), { followsTranscript: true });
    const plain = new ScriptedAgent();
    for (const factory of [follows, plain.factory]) {
      const { ear } = await talk(factory);
      ear.hears(onset, interim('I would'), turn('I would like'));
    }
    expect(curious.told).toEqual(['started', 'speech-onset', 'understood', 'heard']);
    expect(plain.told).toEqual(['started', 'speech-onset', 'heard']);
  });
});

describe('listening that is switched off', () => {
  it('hears nothing until it is switched on again', async () => {
    const agent = new ScriptedAgent();
    const { clock, phone, ear } = await talk(agent.factory);
    const reader = new SampleRing(ear.options.ring);
    const block = new Int16Array(160);
    const heardOf = async (isOn: boolean | undefined): Promise<number> => {
      agent.host!.submit([
        {
          kind: 'listen',
          provider: undefined,
          languages: undefined,
          vocabulary: undefined,
          endOfTurnSilenceMs: undefined,
          isOn,
        },
      ]);
      while (reader.read(block));
      phone.speak(tone(440, { rateHz: 8000, lengthSamples: 8000, levelDb: -12 }));
      await clock.advance(1000);
      let blocks = 0;
      while (reader.read(block)) blocks += 1;
      return blocks;
    };
    expect(await heardOf(false)).toBe(0);
    expect(await heardOf(undefined)).toBe(0);
    expect(await heardOf(true)).toBeGreaterThan(40);
  });
});
