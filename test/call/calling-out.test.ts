import { describe, expect, it } from 'vitest';
import { headerValue } from '../../src/sip/message/headers.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;

function place(options: { maxCalls?: number } = {}) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent((event, host) => {
    if (event.kind === 'started') host.submit([say('tone 440 1000')]);
  });
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [
      simulatedFlow(agent.factory, { phoneNumber: '4921155660' }),
      simulatedFlow(agent.factory, { name: 'nameless' }),
    ],
    trunks: outboundTrunks(),
    outbound: { rules: outboundRules() },
    ...options,
  });
  const callee = new SimulatedPhone({ clock, network, address: '192.0.2.50', seed: 3 });
  return { clock, agent, house, callee };
}

describe('a call out', () => {
  it('begins its session with the answer: from the number of the flow, to the one who is called', async () => {
    const { clock, agent, house, callee } = place();
    callee.onCalled = () => callee.ring();
    const { sessionId } = await house.switchboard.callOut({ flow: 'reception', to: '+49301234567' });
    await clock.advance(1000);
    expect(agent.host).toBeUndefined();
    expect(house.switchboard.sessionById(sessionId)).toBeUndefined();
    expect(headerValue(callee.invited!, 'From')).toContain('<sip:4921155660@carrier.example>');
    await callee.accept();
    await clock.advance(500);
    expect(agent.told).toEqual(['started', 'speaking']);
    expect(agent.host?.session).toMatchObject({
      ...{ id: sessionId, direction: 'outbound', from: '4921155660', to: '+49301234567' },
      phoneNumber: '4921155660',
    });
    expect(toneLevelDb(callee.heard.subarray(-0.3 * rateHz), 440, rateHz)).toBeCloseTo(-12, 0);
    const running = house.switchboard.sessionById(sessionId);
    running?.hangUp();
    await clock.advance(200);
    expect(callee.endedBy).toBe('remote');
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'agent-hung-up' });
    expect(house.switchboard.sessionById(sessionId)).toBeUndefined();
  });

  it('that is not answered has no session, and stops ringing in time', async () => {
    const { clock, agent, house, callee } = place();
    callee.onCalled = () => callee.ring();
    await house.switchboard.callOut({ flow: 'reception', to: '49301234567', ringTimeoutMs: 10_000 });
    await clock.advance(11_000);
    expect(callee.wasCancelled).toBe(true);
    expect(agent.host).toBeUndefined();
    expect([house.switchboard.activeCalls, house.switchboard.outboundCalls]).toEqual([0, 0]);
  });

  it('is passed on like any other', async () => {
    const { clock, agent, house, callee } = place();
    callee.onCalled = () => void callee.accept();
    await house.switchboard.callOut({ flow: 'reception', to: '49301234567' });
    await clock.advance(500);
    expect(agent.told[0]).toBe('started');
    agent.host?.submit([
      {
        kind: 'transfer',
        target: '1900',
        callerIdName: undefined,
        callerIdNumber: undefined,
        timeoutMs: 5000,
      },
    ]);
    await clock.advance(400);
    expect(agent.told.filter((kind) => kind === 'started')).toHaveLength(2);
    callee.speak(tone(600, { rateHz, lengthSamples: rateHz }));
    await clock.advance(100);
    expect(callee.isTalking).toBe(true);
  });

  it('is refused while there are as many calls as there may be, and that is counted and logged', async () => {
    const { house, callee } = place({ maxCalls: 1 });
    callee.onCalled = () => callee.ring();
    await house.switchboard.callOut({ flow: 'reception', to: '49301234567' });
    const code = 'too-many-outbound-calls';
    await expect(house.switchboard.callOut({ flow: 'reception', to: '4930999' })).rejects.toMatchObject({
      code,
    });
    expect(house.metrics.counts).toMatchObject({ [`outbound refused ${code}`]: 1 });
    expect(house.log.lines.filter(({ fields }) => fields['reason'] === code)).toHaveLength(1);
  });

  it.each([
    ['of a flow nobody knows', 'elsewhere', '49301234567', 'no-flow'],
    ['of a flow without a number', 'nameless', '49301234567', 'no-phone-number'],
    ['to whom we may not call', 'reception', '1900123456', 'destination-not-allowed'],
  ])('%s is refused', async (_, flow, to, code) => {
    const { house, callee, clock } = place();
    await expect(house.switchboard.callOut({ flow, to })).rejects.toMatchObject({ code });
    await clock.advance(100);
    expect(house.metrics.counts).toMatchObject({ [`outbound refused ${code}`]: 1 });
    expect(house.log.lines.filter(({ fields }) => fields['reason'] === code)).toHaveLength(1);
    expect(callee.invited).toBeUndefined();
    expect(house.switchboard.activeCalls).toBe(0);
  });
});
