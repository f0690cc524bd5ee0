import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { loop, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedAsterisk } from '../support/simulated-asterisk.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const cafe = serializeWav(tone(300, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 }), 16_000);
const echo: AgentCommand = { kind: 'bridge-echo' };

async function place(options: Partial<SimulatedSwitchOptions> & { rateHz?: number; waits?: boolean } = {}) {
  const { rateHz = 8000, waits = false } = options;
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const factory = Object.assign(agent.factory, { answersItself: waits });
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(factory)],
    trunks: outboundTrunks(),
    outbound: { rules: outboundRules() },
    ...options,
  });
  const asterisk = new SimulatedAsterisk({ clock, network, house, rateHz });
  const callee = new SimulatedPhone({ clock, network, address: '192.0.2.50', seed: 3 });
  asterisk.call('reception');
  await clock.advance(500);
  return { clock, agent, house, asterisk, callee };
}

const transfer: AgentCommand = {
  kind: 'transfer',
  target: '49301234567',
  callerIdName: undefined,
  callerIdNumber: '4921155',
  timeoutMs: 20_000,
};
const second = (hz: number, rateHz = 8000) => tone(hz, { rateHz, lengthSamples: 3 * rateHz, levelDb: -12 });

describe('a call that came over AudioSocket', () => {
  it('has an agent, who is told its UUID, is heard over the ambience, and hears keys', async () => {
    const { clock, agent, asterisk, house } = await place();
    expect(agent.told).toEqual(['started']);
    expect(agent.host?.session).toMatchObject({
      direction: 'inbound',
      from: '',
      to: asterisk.uuid,
      signalling: { callId: asterisk.uuid, remoteAddress: '192.0.2.70:40000', trunk: 'pbx', headers: [] },
    });
    agent.host?.submit([loop(cafe, 0.5), say('tone 1000 1000')]);
    await clock.advance(800);
    expect(toneLevelDb(asterisk.last(400), 1000, 8000)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(asterisk.last(400), 300, 8000)).toBeCloseTo(-18, 0);
    asterisk.press('7');
    expect(agent.events).toContainEqual({ kind: 'digit', digit: '7' });
    asterisk.hangUp();
    await clock.advance(100);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'caller-hung-up' });
    expect(asterisk.leg.closed).toBe(true);
    expect(house.switchboard.activeCalls).toBe(0);
  });

  it('keeps the wide band of 16 kHz', async () => {
    const { clock, agent, asterisk } = await place({ rateHz: 16_000 });
    agent.host?.submit([echo]);
    asterisk.speak(second(6000, 16_000));
    await clock.advance(1000);
    expect(toneLevelDb(asterisk.last(400), 6000, 16_000)).toBeCloseTo(-12, 0);
  });

  it('is passed on by a call of ours: both hear each other, and keys go along', async () => {
    const { clock, agent, asterisk, callee, house } = await place();
    agent.host?.submit([transfer]);
    await clock.advance(700);
    await callee.accept();
    await clock.advance(300);
    asterisk.speak(second(600));
    callee.speak(second(1000));
    await clock.advance(1500);
    expect(toneLevelDb(asterisk.last(1000), 1000, 8000)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(callee.heard.subarray(-8000), 600, 8000)).toBeCloseTo(-12, 0);
    asterisk.press('5');
    await clock.advance(400);
    const far = house.media.legs.find((leg) => leg.partner === asterisk.leg);
    expect(far?.commands).toContainEqual({ kind: 'send-digits', digits: '5' });
    asterisk.hangUp();
    await clock.advance(500);
    expect(callee.endedBy).toBe('remote');
  });

  it('of 16 kHz is passed on to a phone of 8', async () => {
    const { clock, agent, asterisk, callee } = await place({ rateHz: 16_000 });
    agent.host?.submit([transfer]);
    await clock.advance(700);
    await callee.accept();
    await clock.advance(300);
    asterisk.speak(second(600, 16_000));
    callee.speak(second(1000));
    await clock.advance(1500);
    expect(toneLevelDb(asterisk.last(1000), 1000, 16_000)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(callee.heard.subarray(-8000), 600, 8000)).toBeCloseTo(-12, 0);
  });

  it('is hung up on when the one whom it was passed on to hangs up', async () => {
    const { clock, agent, asterisk, callee } = await place();
    agent.host?.submit([transfer]);
    await clock.advance(700);
    await callee.accept();
    await clock.advance(300);
    await callee.hangUp();
    await clock.advance(300);
    expect(asterisk.leg.closed).toBe(true);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'transferred' });
  });

  it('cannot be sent elsewhere by REFER, which the agent is told, and goes on', async () => {
    const { clock, agent, asterisk } = await place();
    agent.host?.submit([{ kind: 'refer', target: '49301234567' }]);
    await clock.advance(100);
    expect(agent.events).toContainEqual({ kind: 'referred', statusCode: 501, isFinal: true });
    agent.host?.submit([say('tone 1000 1000')]);
    await clock.advance(500);
    expect(levelDb(asterisk.last(200))).toBeGreaterThan(-20);
  });

  it('waits for an agent that answers by itself, and hears silence until then', async () => {
    const { clock, agent, asterisk } = await place({ waits: true });
    expect(agent.told).toEqual(['ringing']);
    expect(asterisk.last(300)).toHaveLength(2400);
    expect(levelDb(asterisk.last(300))).toBeLessThan(-90);
    agent.host?.submit([{ kind: 'answer' }, say('tone 1000 1000')]);
    await clock.advance(500);
    expect(agent.told).toEqual(['ringing', 'started', 'speaking']);
    expect(levelDb(asterisk.last(200))).toBeGreaterThan(-20);
  });

  it('that its agent declines is hung up on, and counted as refused', async () => {
    const { clock, agent, asterisk, house } = await place({ waits: true });
    agent.host?.submit([{ kind: 'decline', statusCode: 486 }]);
    await clock.advance(100);
    expect(asterisk.leg.closed).toBe(true);
    expect(house.metrics.counts).toMatchObject({ 'refused 486': 1 });
  });

  it('that nobody answers within a minute is hung up on', async () => {
    const { clock, asterisk, house } = await place({ waits: true });
    await clock.advance(60_000);
    expect(asterisk.leg.closed).toBe(true);
    expect(house.metrics.counts).toMatchObject({ 'refused 480': 1 });
  });

  it('is refused where there is no room for it', async () => {
    const { asterisk, house } = await place({ maxCalls: 0 });
    expect(asterisk.isRefused).toBe(true);
    expect(house.metrics.counts).toMatchObject({ 'refused 503': 1 });
  });

  it('whose connection broke the rules ends as an error, and one of which nothing comes as lost', async () => {
    const broken = await place();
    broken.asterisk.hangUp('protocol-error');
    await broken.clock.advance(100);
    expect(broken.agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'error' });
    const silent = await place();
    silent.asterisk.leg.options.onEvent({ kind: 'media-silent', silentMs: 30_000 });
    await silent.clock.advance(100);
    expect(silent.agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'media-lost' });
    expect(silent.asterisk.leg.closed).toBe(true);
  });

  it('takes no keys from us: Asterisk would hang up', async () => {
    const { agent, asterisk, house } = await place();
    agent.host?.submit([{ kind: 'send-digits', digits: '12' }]);
    expect(asterisk.leg.commands.map(({ kind }) => kind)).not.toContain('send-digits');
    expect(house.log.lines.some(({ message }) => message.includes('takes no keys'))).toBe(true);
  });

  it('has its agent told of its end before a stop is over', async () => {
    const { clock, agent, house, asterisk } = await place();
    const toldByThen: string[] = [];
    void house.switchboard.drain(1000).then(() => toldByThen.push(...agent.told));
    await clock.advance(1500);
    expect(toldByThen).toEqual(['started', 'ended']);
    expect(asterisk.leg.closed).toBe(true);
  });
});
