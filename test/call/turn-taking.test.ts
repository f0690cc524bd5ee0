import { describe, expect, it } from 'vitest';
import type { AgentCommand, AgentEvent, AgentHost, BargeInRule } from '../../src/agent/agent.ts';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import type { CallFlow } from '../../src/call/flow.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { ScriptedAgent, say } from '../support/scripted-agent.ts';
import { interim, onset, ScriptedListener, turn } from '../support/scripted-listener.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

/** A call to an agent that listens; a second has passed. */
async function talk(
  script: (event: AgentEvent, host: AgentHost) => void = () => undefined,
  flow: Partial<CallFlow> = {},
) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const listener = new ScriptedListener();
  const agent = new ScriptedAgent(script);
  const flows = [simulatedFlow(agent.factory, flow)];
  const house = new SimulatedSwitch({ clock, network, flows, listener });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception');
  await clock.advance(1000);
  return { clock, listener, agent, house, phone, ear: listener.latest };
}

const onStart =
  (...batch: readonly AgentCommand[]) =>
  (event: AgentEvent, host: AgentHost): void => {
    if (event.kind === 'started') host.submit(batch);
  };

function utterance(
  lengthMs: number,
  rule: Partial<BargeInRule> = {},
  parts: Partial<Extract<AgentCommand, { kind: 'say' }>> = {},
): AgentCommand {
  return {
    ...(say(`tone 440 ${lengthMs}`) as Extract<AgentCommand, { kind: 'say' }>),
    bargeIn: { strategy: 'minimum-characters', minimumCharacters: 3, allowAfterMs: 0, ...rule },
    ...parts,
  };
}

describe('a caller who is listened to', () => {
  it('is heard by the listener as the phone sends it', async () => {
    const { clock, phone, ear } = await talk();
    const reader = new SampleRing(ear.options.ring);
    phone.speak(tone(440, { rateHz: 8000, lengthSamples: 16_000, levelDb: -12 }));
    await clock.advance(1000);
    const heard = new Int16Array(4000);
    let last = false;
    while (reader.read(heard)) last = true;
    expect(last).toBe(true);
    expect(toneLevelDb(heard, 440, 8000)).toBeCloseTo(-12, 0);
  });

  it('is told to the agent turn by turn', async () => {
    const { agent, ear } = await talk();
    ear.hears(onset, interim('good'), turn('good morning'), onset, turn('hello?'));
    expect(agent.events.slice(1)).toEqual([
      { kind: 'speech-onset' },
      { kind: 'heard', text: 'good morning', bargedIn: false },
      { kind: 'speech-onset' },
      { kind: 'heard', text: 'hello?', bargedIn: false },
    ]);
  });

  it('begins to speak once a turn, however it was noticed', async () => {
    const { agent, ear } = await talk();
    ear.hears(interim('one'), onset, turn('one'), turn('two'));
    expect(agent.told).toEqual(['started', 'speech-onset', 'heard', 'speech-onset', 'heard']);
  });

  it('who made a noise has said nothing', async () => {
    const { agent, ear, house } = await talk();
    ear.hears(onset, turn('  '));
    expect(agent.told).toEqual(['started', 'speech-onset']);
    expect(house.metrics.counts['turn noise']).toBe(1);
  });

  it('interrupts: onset, then the interruption, then the end of what played, then the words', async () => {
    const { clock, agent, ear, phone, house } = await talk(onStart(utterance(4000)));
    ear.hears(onset, interim('no, wait'));
    await clock.advance(100);
    ear.hears(turn('no, wait a moment'));
    await clock.advance(500);
    expect(agent.events.slice(2)).toEqual([
      { kind: 'speech-onset' },
      { kind: 'barged-in', text: 'no, wait' },
      { kind: 'spoken', cut: { playedMs: expect.closeTo(1000, -2), text: 'tone' } },
      { kind: 'heard', text: 'no, wait a moment', bargedIn: true },
    ]);
    expect(toneLevelDb(phone.heard.subarray(-1600), 440, 8000)).toBeLessThan(-60);
    expect(house.metrics.counts['barged in']).toBe(1);
  });

  it('who interrupts with a whole turn is told after the end of what it interrupted', async () => {
    const { clock, agent, ear } = await talk(onStart(utterance(10_000)));
    ear.hears(turn('stop'));
    expect(agent.told.slice(2)).toEqual(['speech-onset', 'barged-in']);
    await clock.advance(100);
    expect(agent.told.slice(4)).toEqual(['spoken', 'heard']);
    expect(agent.events.at(-1)).toEqual({ kind: 'heard', text: 'stop', bargedIn: true });
  });

  it('who interrupts drops what was queued, and nothing of it is heard', async () => {
    const { clock, agent, ear, phone } = await talk(
      onStart(utterance(5000), utterance(5000), utterance(5000)),
    );
    ear.hears(onset, interim('stop'), turn('stop'));
    await clock.advance(20_000);
    expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(1);
    expect(toneLevelDb(phone.heard.subarray(-80_000), 440, 8000)).toBeLessThan(-60);
  });

  it('who says too little interrupts nothing, and is told in the end', async () => {
    const { clock, agent, ear } = await talk(onStart(utterance(2000, { minimumCharacters: 10 })));
    ear.hears(onset, interim('mhm'), turn('mhm'));
    await clock.advance(2000);
    expect(agent.told.slice(2)).toEqual(['speech-onset', 'heard', 'spoken']);
    expect(agent.events).toContainEqual({ kind: 'heard', text: 'mhm', bargedIn: false });
    expect(agent.events.at(-1)).toEqual({ kind: 'spoken', cut: undefined });
  });

  it('is understood under an utterance that nobody may interrupt', async () => {
    const { clock, agent, ear } = await talk(onStart(utterance(2000, { strategy: 'none' })));
    ear.hears(onset, interim('hello there'), turn('hello there'));
    await clock.advance(2000);
    expect(agent.told.slice(2)).toEqual(['speech-onset', 'heard', 'spoken']);
    expect(agent.events).toContainEqual({ kind: 'heard', text: 'hello there', bargedIn: false });
  });

  it('interrupts by the rule of the utterance that plays, not of one behind it', async () => {
    const { clock, agent, ear } = await talk(
      onStart(utterance(2000, { strategy: 'none' }), utterance(5000, { strategy: 'immediate' })),
    );
    ear.hears(onset, turn('one'));
    await clock.advance(1500);
    expect(agent.told).not.toContain('barged-in');
    ear.hears(onset);
    await clock.advance(100);
    expect(agent.told.slice(-2)).toEqual(['barged-in', 'spoken']);
  });

  it('is protected from interrupting at first, from when the utterance is heard', async () => {
    const { clock, agent, ear } = await talk(
      onStart(
        utterance(500, { strategy: 'none' }),
        utterance(5000, { strategy: 'immediate', allowAfterMs: 1000 }),
      ),
    );
    ear.hears(onset);
    await clock.advance(400);
    expect(agent.told).not.toContain('barged-in');
    await clock.advance(150);
    expect(agent.told).toContain('barged-in');
  });

  it('takes back the hang-up that was to follow what it interrupts', async () => {
    const { clock, agent, ear, phone } = await talk(onStart(utterance(5000), { kind: 'hang-up' }));
    ear.hears(onset, interim('one more thing'), turn('one more thing'));
    await clock.advance(20_000);
    expect(phone.isTalking).toBe(true);
    expect(agent.told.at(-1)).toBe('heard');
  });

  it('whose noise interrupted a goodbye is hung up on all the same', async () => {
    const { clock, ear, phone } = await talk(
      onStart(utterance(5000, { strategy: 'immediate' }), { kind: 'hang-up' }),
    );
    ear.hears(onset);
    await clock.advance(300);
    expect(phone.isTalking).toBe(true);
    ear.hears(turn(''));
    await clock.advance(100);
    expect(phone.endedBy).toBe('remote');
  });

  it('whose noise interrupted a goodbye is not hung up on when the agent goes on meanwhile', async () => {
    const { clock, ear, phone, agent } = await talk(
      onStart(utterance(5000, { strategy: 'immediate' }), { kind: 'hang-up' }),
    );
    ear.hears(onset);
    await clock.advance(300);
    agent.host?.submit([utterance(1000)]);
    ear.hears(turn(''));
    await clock.advance(5000);
    expect(phone.isTalking).toBe(true);
  });

  it('who says nothing is waited for as the utterance asked', async () => {
    const { clock, agent } = await talk(onStart(utterance(1000, {}, { inputTimeoutMs: 4000 })));
    await clock.advance(3900);
    expect(agent.told.at(-1)).toBe('spoken');
    await clock.advance(300);
    expect(agent.told.at(-1)).toBe('input-timed-out');
  });

  it('who interrupts is not waited for; the agent has heard something', async () => {
    const { clock, agent, ear } = await talk(onStart(utterance(5000, {}, { inputTimeoutMs: 2000 })));
    ear.hears(onset, interim('stop'), turn('stop'));
    await clock.advance(60_000);
    expect(agent.told).not.toContain('input-timed-out');
  });

  it('whose noise interrupted a question is waited for from then on', async () => {
    const question = utterance(5000, { strategy: 'immediate' }, { inputTimeoutMs: 2000 });
    const { clock, agent, ear } = await talk(onStart(utterance(3000, { strategy: 'immediate' }), question));
    ear.hears(onset);
    await clock.advance(300);
    ear.hears(turn(''));
    await clock.advance(1900);
    expect(agent.told.at(-1)).toBe('spoken');
    await clock.advance(200);
    expect(agent.told.at(-1)).toBe('input-timed-out');
  });

  it('may press keys while it is waited for, each of which starts the time anew', async () => {
    const { clock, agent, phone } = await talk(onStart(utterance(500, {}, { inputTimeoutMs: 4000 })));
    for (const digit of '123') {
      await clock.advance(3000);
      phone.press(digit);
    }
    await clock.advance(3500);
    expect(agent.told).not.toContain('input-timed-out');
    await clock.advance(1000);
    expect(agent.told.at(-1)).toBe('input-timed-out');
  });

  it('is answered no more once it has hung up', async () => {
    const { clock, agent, ear, phone } = await talk();
    ear.hears(onset);
    phone.hangUp();
    await clock.advance(100);
    ear.hears(turn('too late'));
    expect(ear.isClosed).toBe(true);
    expect(agent.told).toEqual(['started', 'speech-onset', 'ended']);
  });

  it('who interrupts and hangs up is told in full before the end', async () => {
    const { clock, agent, ear, phone } = await talk(onStart(utterance(10_000)));
    ear.hears(turn('never mind'));
    phone.hangUp();
    await clock.advance(100);
    expect(agent.told.filter((kind) => kind === 'heard')).toHaveLength(1);
    expect(agent.told.at(-1)).toBe('ended');
  });

  it('on hold gives its music to nobody, and is not waited for', async () => {
    const { clock, agent, phone, house } = await talk(onStart(utterance(500, {}, { inputTimeoutMs: 4000 })));
    const taps = () =>
      house.media.legs[0]!.commands.flatMap((c) => (c.kind === 'tap-caller' ? [c.ring] : []));
    expect(taps()).toHaveLength(1);
    phone.reinvite('sendonly');
    await clock.advance(30_000);
    expect(taps().at(-1)).toBeUndefined();
    expect(agent.told).not.toContain('input-timed-out');
    phone.reinvite('sendrecv');
    await clock.advance(5000);
    expect(taps().at(-1)).toBe(taps()[0]);
    expect(agent.told.at(-1)).toBe('input-timed-out');
  });

  it('is waited for again when the listener fails in the middle of a turn', async () => {
    const { clock, agent, ear, house } = await talk(onStart(utterance(500, {}, { inputTimeoutMs: 4000 })));
    ear.hears(onset);
    await clock.advance(10_000);
    ear.hears({ kind: 'failed', reason: 'unreachable' });
    await clock.advance(4000);
    expect(agent.told.at(-1)).toBe('input-timed-out');
    expect(house.metrics.counts['listening unreachable']).toBe(1);
  });

  it('is not listened to for an agent that takes the audio itself', async () => {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock);
    const listener = new ScriptedListener();
    const flow = simulatedFlow(() => ({
      listens: false,
      handle: () => undefined,
      close: async () => undefined,
    }));
    const house = new SimulatedSwitch({ clock, network, flows: [flow], listener });
    await new SimulatedPhone({ clock, network }).call('reception');
    await clock.advance(1000);
    expect(house.switchboard.activeCalls).toBe(1);
    expect(listener.listenings).toEqual([]);
    expect(house.media.legs[0]!.commands.map(({ kind }) => kind)).not.toContain('tap-caller');
  });

  it('is not listened to any more by a flow that falls back', async () => {
    const { clock, agent, ear, phone } = await talk(undefined, { fallbackAnnouncement: 'tone 600 3000' });
    agent.host?.fail('closed');
    ear.hears(onset, interim('hello? hello?'), turn('hello?'));
    await clock.advance(2000);
    expect(ear.isClosed).toBe(true);
    expect(toneLevelDb(phone.heard.subarray(-4000), 600, 8000)).toBeCloseTo(-12, 0);
    expect(agent.told).toEqual(['started']);
  });
});

describe('how a caller is listened to', () => {
  const listening = {
    provider: undefined,
    languages: ['de-DE'],
    vocabulary: ['Patchbay'],
    endOfTurnSilenceMs: 700,
  };
  const nothing = {
    kind: 'listen',
    provider: undefined,
    languages: undefined,
    vocabulary: undefined,
    endOfTurnSilenceMs: undefined,
  } as const;

  it('is what the flow says at first', async () => {
    const { ear } = await talk(undefined, { listening });
    expect(ear.settings).toEqual(listening);
  });

  it('is replaced, field by field, by what the agent asks for', async () => {
    const { ear, agent } = await talk(undefined, { listening });
    agent.host?.submit([{ ...nothing, provider: 'DEEPGRAM', languages: ['en-US', 'fr-FR'] }]);
    agent.host?.submit([{ ...nothing, vocabulary: ['IBAN'] }]);
    agent.host?.submit([{ ...nothing, vocabulary: ['BIC', 'Patchbay'] }]);
    agent.host?.submit([{ ...nothing, endOfTurnSilenceMs: 1500 }]);
    expect(ear.changes).toEqual([
      { provider: 'DEEPGRAM', languages: ['en-US', 'fr-FR'] },
      { vocabulary: ['Patchbay', 'IBAN'] },
      { vocabulary: ['Patchbay', 'BIC'] },
      { endOfTurnSilenceMs: 1500 },
    ]);
  });

  it('goes back to what the flow says, where the agent asks for the default', async () => {
    const { ear, agent } = await talk(undefined, { listening });
    agent.host?.submit([{ ...nothing, languages: ['en-US'], endOfTurnSilenceMs: 1500 }]);
    agent.host?.submit([{ ...nothing, languages: [], endOfTurnSilenceMs: 'default' }]);
    expect(ear.settings).toEqual(listening);
  });

  it('is left alone by what changes nothing, as a change may cost some hearing', async () => {
    const { ear, agent } = await talk(undefined, { listening });
    agent.host?.submit([{ ...nothing, languages: ['de-DE'], endOfTurnSilenceMs: 700 }]);
    expect(ear.changes).toEqual([]);
  });

  it('changes with an utterance when that is heard, and stays so', async () => {
    const { clock, ear } = await talk(
      onStart(utterance(3000), utterance(1000, {}, { endOfTurnSilenceMs: 1500 }), utterance(1000)),
    );
    await clock.advance(1500);
    expect(ear.changes).toEqual([]);
    await clock.advance(1000);
    expect(ear.changes).toEqual([{ endOfTurnSilenceMs: 1500 }]);
    await clock.advance(10_000);
    expect(ear.changes).toHaveLength(1);
  });

  it('has no effect, and a line in the log, where no recogniser is configured', async () => {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock);
    const agent = new ScriptedAgent(onStart({ ...nothing, languages: ['de-DE'] }));
    const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(agent.factory)] });
    await new SimulatedPhone({ clock, network }).call('reception');
    await clock.advance(1000);
    expect(agent.told).toEqual(['started']);
    expect(house.log.lines.map(({ message }) => message)).toContain(
      'nobody listens: the command has no effect',
    );
  });
});
