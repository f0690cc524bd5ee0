import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import type { OutboundTrunk } from '../../src/call/outbound-routes.ts';
import { headerValue } from '../../src/sip/message/headers.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { loop, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;
const cafe = serializeWav(tone(300, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 }), 16_000);

function transfer(parts: Partial<Extract<AgentCommand, { kind: 'transfer' }>> = {}): AgentCommand {
  return {
    kind: 'transfer',
    target: '49301234567',
    callerIdName: undefined,
    callerIdNumber: undefined,
    timeoutMs: 20_000,
    ...parts,
  };
}

/** A caller with an agent, and somebody else at the carrier. */
async function place(
  options: Partial<SimulatedSwitchOptions> & {
    trunk?: Partial<OutboundTrunk>;
    caller?: { takesRefer: boolean };
  } = {},
) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(agent.factory)],
    trunks: outboundTrunks(),
    outbound: { rules: outboundRules(options.trunk) },
    ...options,
  });
  const caller = new SimulatedPhone({ clock, network, address: '192.0.2.2', seed: 2, ...options.caller });
  const callee = new SimulatedPhone({ clock, network, address: '192.0.2.50', seed: 3 });
  await caller.call('reception');
  await clock.advance(500);
  return { clock, network, agent, house, caller, callee };
}

const twoServers = {
  rules: outboundRules({ uri: 'sip:pool.example' }),
  names: { 'pool.example': ['192.0.2.51', '192.0.2.50'] },
};

/** The last so many milliseconds of what a phone heard. */
function last(phone: SimulatedPhone, ms: number): Int16Array {
  return phone.heard.subarray((-ms * rateHz) / 1000);
}

const second = (hz: number) => tone(hz, { rateHz, lengthSamples: 3 * rateHz, levelDb: -12 });

describe('a caller who is passed on', () => {
  it('hears ringing, then the other, who hears the caller, and the agent is told nothing of it', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer()]);
    await clock.advance(700);
    expect(toneLevelDb(last(caller, 400), 425, rateHz)).toBeCloseTo(-16, 0);
    await callee.accept();
    await clock.advance(300);
    caller.speak(second(600));
    callee.speak(second(1000));
    await clock.advance(1500);
    expect(toneLevelDb(last(caller, 1000), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(callee, 1000), 600, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(caller, 1000), 425, rateHz)).toBeLessThan(-60);
    expect(agent.told).toEqual(['started']);
  });

  it('is announced with the flow and the number that was dialled, or with what the agent says', async () => {
    const { clock, agent, callee } = await place();
    callee.onCalled = () => callee.refuse(486);
    agent.host?.submit([transfer()]);
    await clock.advance(400);
    expect(headerValue(callee.invited!, 'From')).toMatch(/^"?reception"? <sip:reception@carrier\.example>/);
    agent.host?.submit([transfer({ callerIdName: 'Front "desk"\r\nX: y', callerIdNumber: '4921155660' })]);
    await clock.advance(400);
    expect(headerValue(callee.invited!, 'From')).toMatch(
      /^"Front \\"desk\\" {1,2}X: y" <sip:4921155660@carrier\.example>;tag=/,
    );
    expect(callee.invited!.requestUri).toBe('sip:49301234567@192.0.2.50');
  });

  it.each([
    ['busy', 486],
    ['declined', 603],
    ['unavailable', 480],
  ])(
    'comes back when the other is %s: the same session starts again, and the ambience goes on at once',
    async (_, statusCode) => {
      const { clock, agent, caller, callee, house } = await place();
      agent.host?.submit([loop(cafe, 0.5)]);
      callee.onCalled = () => callee.ring();
      await clock.advance(500);
      agent.host?.submit([transfer()]);
      await clock.advance(1500);
      expect(toneLevelDb(last(caller, 1000), 300, rateHz)).toBeLessThan(-60);
      callee.refuse(statusCode);
      await clock.advance(200);
      expect(agent.told).toEqual(['started', 'started']);
      // Within 100 ms of the refusal: in the last 100 of these 200 ms it is there in full.
      expect(toneLevelDb(last(caller, 100), 300, rateHz)).toBeCloseTo(-18, 0);
      agent.host?.submit([say('tone 1000 1000')]);
      await clock.advance(500);
      expect(toneLevelDb(last(caller, 300), 1000, rateHz)).toBeCloseTo(-12, 0);
      expect(house.metrics.counts).toMatchObject({ 'transfer came-back': 1 });
    },
  );

  it('comes back when nobody answers in time, and the other stops ringing', async () => {
    const { clock, agent, callee } = await place();
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer({ timeoutMs: 5000 })]);
    await clock.advance(4900);
    expect(agent.told).toEqual(['started']);
    await clock.advance(200);
    expect(agent.told).toEqual(['started', 'started']);
    expect(callee.wasCancelled).toBe(true);
  });

  it('whom nobody takes, and nobody waits for, is hung up on, and the agent is told the end', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => callee.refuse(486);
    agent.host?.submit([transfer({ timeoutMs: undefined })]);
    await clock.advance(500);
    expect(caller.endedBy).toBe('remote');
    expect(caller.reason).toContain('cause=486');
    expect(agent.told).toEqual(['started', 'ended']);
  });

  it('is rung for a minute without a timeout', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer({ timeoutMs: undefined })]);
    await clock.advance(59_000);
    expect(caller.endedBy).toBeUndefined();
    await clock.advance(1500);
    expect([caller.endedBy, callee.wasCancelled]).toEqual(['remote', true]);
  });

  it('who hangs up while it rings takes the other call along', async () => {
    const { clock, agent, caller, callee, house } = await place();
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer()]);
    await clock.advance(1000);
    caller.hangUp();
    await clock.advance(200);
    expect(callee.wasCancelled).toBe(true);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'caller-hung-up' });
    expect([house.switchboard.activeCalls, house.switchboard.outboundCalls]).toEqual([0, 0]);
    expect(house.media.legs.every(({ closed }) => closed)).toBe(true);
  });

  it.each(['caller', 'callee'] as const)(
    'is over when the %s hangs up: the other is too, and the agent hears of a transfer, once',
    async (who) => {
      const { clock, agent, caller, callee, house } = await place();
      callee.onCalled = () => void callee.accept();
      agent.host?.submit([transfer()]);
      await clock.advance(2000);
      const [one, other] = who === 'caller' ? [caller, callee] : [callee, caller];
      one.hangUp();
      await clock.advance(500);
      expect(other.endedBy).toBe('remote');
      expect(other.reason).toContain('cause=16');
      expect(agent.told).toEqual(['started', 'ended']);
      expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'transferred' });
      expect([house.switchboard.activeCalls, house.switchboard.outboundCalls]).toEqual([0, 0]);
    },
  );

  it('hears the ringing of the other side where that has one of its own', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => void callee.ringWithSound().then(() => callee.speak(second(1400)));
    agent.host?.submit([transfer({ timeoutMs: 5000 })]);
    await clock.advance(1500);
    expect(toneLevelDb(last(caller, 1000), 1400, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(caller, 1000), 425, rateHz)).toBeLessThan(-60);
    await clock.advance(4000);
    expect(agent.told).toEqual(['started', 'started']);
    expect(levelDb(last(caller, 200))).toBeLessThan(-60);
  });

  it('hears neither the ambience nor what was queued once the other has answered', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => void callee.accept();
    agent.host?.submit([loop(cafe, 0.5), say('tone 1000 8000')]);
    await clock.advance(1000);
    agent.host?.submit([transfer()]);
    await clock.advance(2000);
    expect(levelDb(last(caller, 1000))).toBeLessThan(-60);
  });

  it('hears nothing of an agent that streams under the ringing, and is with it again when nobody answers', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => callee.ring();
    agent.host?.submit([{ kind: 'bridge-echo' }]);
    caller.speak(second(600));
    await clock.advance(500);
    expect(toneLevelDb(last(caller, 200), 600, rateHz)).toBeCloseTo(-12, 0);
    agent.host?.submit([transfer()]);
    await clock.advance(900);
    expect(toneLevelDb(last(caller, 500), 600, rateHz)).toBeLessThan(-60);
    expect(toneLevelDb(last(caller, 500), 425, rateHz)).toBeCloseTo(-16, 0);
    callee.refuse(486);
    await clock.advance(700);
    expect(toneLevelDb(last(caller, 300), 600, rateHz)).toBeCloseTo(-12, 0);
  });

  it('waits for what was said before it in the same breath', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => callee.ring();
    agent.host?.submit([say('tone 1000 1000'), transfer()]);
    await clock.advance(800);
    expect(callee.invited).toBeUndefined();
    expect(toneLevelDb(last(caller, 400), 1000, rateHz)).toBeCloseTo(-12, 0);
    await clock.advance(600);
    expect(callee.invited).toBeDefined();
  });

  it('speaks with another codec than the other', async () => {
    const { clock, agent, caller, network } = await place({ trunk: { uri: 'sip:192.0.2.51' } });
    const callee = new SimulatedPhone({ clock, network, address: '192.0.2.51', seed: 9, codecs: ['PCMA'] });
    callee.onCalled = () => void callee.accept();
    agent.host?.submit([transfer()]);
    await clock.advance(500);
    callee.speak(second(1000));
    caller.speak(second(600));
    await clock.advance(1500);
    expect(toneLevelDb(last(caller, 800), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(callee, 800), 600, rateHz)).toBeCloseTo(-12, 0);
  });

  it('who is put on hold by the other hears silence, and nobody is cut off', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => void callee.accept();
    agent.host?.submit([transfer()]);
    await clock.advance(1000);
    callee.reinvite('inactive');
    await clock.advance(40_000);
    expect(caller.endedBy).toBeUndefined();
    expect(levelDb(last(caller, 1000))).toBeLessThan(-60);
    callee.reinvite('sendrecv');
    await clock.advance(200);
    callee.speak(second(1000));
    await clock.advance(1000);
    expect(toneLevelDb(last(caller, 500), 1000, rateHz)).toBeCloseTo(-12, 0);
  });

  it('goes to the next server when the first does not answer at all', async () => {
    const { clock, agent, callee } = await place({ outbound: twoServers });
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer()]);
    await clock.advance(3900);
    expect(callee.invited).toBeUndefined();
    await clock.advance(300);
    expect(callee.invited).toBeDefined();
  });

  it('goes to the next server when the first is unavailable', async () => {
    const { clock, agent, callee, network } = await place({ outbound: twoServers });
    const full = new SimulatedPhone({ clock, network, address: '192.0.2.51', seed: 9 });
    full.onCalled = () => full.refuse(503);
    agent.host?.submit([transfer()]);
    await clock.advance(200);
    expect(callee.invited).toBeDefined();
  });

  it('is passed on by the flow itself when the agent fails, after the announcement', async () => {
    const agent = new ScriptedAgent();
    const flow = simulatedFlow(agent.factory, { fallbackTransferTo: '49301234567' });
    const { clock, caller, callee } = await place({ flows: [flow] });
    callee.onCalled = () => void callee.accept();
    agent.host?.fail('closed');
    await clock.advance(300);
    expect(toneLevelDb(last(caller, 200), 600, rateHz)).toBeCloseTo(-12, 0);
    await clock.advance(1000);
    expect(callee.isTalking).toBe(true);
    caller.hangUp();
    await clock.advance(200);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'transferred' });
  });
});

describe('a caller of a trunk that is asked to do it itself', () => {
  async function refer(parts: Parameters<typeof transfer>[0] = {}) {
    const rules = outboundRules();
    const pbx = {
      ...rules.trunks.get('carrier')!,
      name: 'pbx',
      uri: 'sip:192.0.2.2',
      transfer: 'refer',
    } as const;
    const outbound = { rules: { ...rules, trunks: new Map([...rules.trunks, ['pbx', pbx]]) } };
    const it = await place({ outbound, caller: { takesRefer: true } });
    it.agent.host?.submit([transfer(parts)]);
    await it.clock.advance(200);
    return it;
  }

  it('is referred; the agent is told of it by the end of the call', async () => {
    const { clock, agent, caller, house } = await refer();
    expect(caller.referEvents).toMatchObject([{ kind: 'refer', target: 'sip:49301234567@192.0.2.2' }]);
    caller.act((userAgent, session, nowMs) => userAgent.acceptRefer(session, nowMs));
    caller.act((userAgent, session, nowMs) => userAgent.notifyRefer(session, 200, nowMs));
    await clock.advance(200);
    expect(caller.endedBy).toBe('remote');
    expect(agent.told).toEqual(['started', 'ended']);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'transferred' });
    expect(house.metrics.counts).toMatchObject({ 'transfer referred': 1 });
  });

  it('comes back when the other is busy', async () => {
    const { clock, agent, caller } = await refer();
    caller.act((userAgent, session, nowMs) => userAgent.acceptRefer(session, nowMs));
    caller.act((userAgent, session, nowMs) => userAgent.notifyRefer(session, 486, nowMs));
    await clock.advance(300);
    expect(agent.told).toEqual(['started', 'started']);
  });

  it('is hung up on when the trunk will not, and nobody waits', async () => {
    const { clock, agent, caller } = await refer({ timeoutMs: undefined });
    caller.act((userAgent, session, nowMs) => userAgent.rejectRefer(session, 603, nowMs));
    await clock.advance(300);
    expect(caller.endedBy).toBe('remote');
    expect(agent.told).toEqual(['started', 'ended']);
  });

  it('is not referred to whom we may not call', async () => {
    const { clock, agent, caller, house } = await refer({ target: '1900123456' });
    await clock.advance(300);
    expect(caller.referEvents).toEqual([]);
    expect(agent.told).toEqual(['started', 'started']);
    expect(house.metrics.counts).toMatchObject({ 'outbound refused destination-not-allowed': 1 });
  });
});
