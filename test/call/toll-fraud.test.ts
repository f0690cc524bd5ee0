/** What a caller, an agent or a callee might do to have us pay for their calls. */
import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const transferTo = (target: string): AgentCommand => ({
  kind: 'transfer',
  target,
  callerIdName: undefined,
  callerIdNumber: undefined,
  timeoutMs: 20_000,
});

async function place(options: Partial<SimulatedSwitchOptions> = {}, maxForwards?: number) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(agent.factory, { phoneNumber: '4921155660' })],
    trunks: outboundTrunks(),
    outbound: { rules: outboundRules() },
    ...options,
  });
  const caller = new SimulatedPhone({ clock, network, address: '192.0.2.2', seed: 2 });
  const callee = new SimulatedPhone({ clock, network, address: '192.0.2.50', seed: 3 });
  await caller.call('reception', maxForwards === undefined ? {} : { maxForwards });
  await clock.advance(500);
  const attempt = async (target: string): Promise<void> => {
    agent.host?.submit([transferTo(target)]);
    await clock.advance(400);
  };
  const reasons = (): unknown[] => house.log.lines.map(({ fields }) => fields['reason']);
  return { clock, network, agent, house, caller, callee, attempt, reasons };
}

describe('calls of ours', () => {
  it('go nowhere before the configuration says where to', async () => {
    const { attempt, callee, house, reasons } = await place({ outbound: {} });
    await attempt('49301234567');
    expect(callee.invited).toBeUndefined();
    expect(reasons()).toContain('destination-not-allowed');
    expect(house.metrics.counts).toMatchObject({ 'outbound refused destination-not-allowed': 1 });
  });

  it.each([
    ['a premium number abroad', '1900123456'],
    ['an international prefix that hides where it goes', '004990012345'],
    ['a service code behind an allowed prefix', '49*21*0900123456#'],
    ['a tel: URI elsewhere', 'tel:+1900123456'],
    ['a tel: URI of which parameters decide', 'tel:49301234567;phone-context=+1'],
    ['a SIP URI', 'sip:49301234567@198.51.100.7'],
    ['a SIP URI that is sent elsewhere', 'sip:49301234567@192.0.2.50;maddr=198.51.100.7'],
    ['a SIP URI with headers', 'sip:49301234567@192.0.2.50?Route=%3Csip:198.51.100.7%3E'],
    ['a number with a second call in it', '49301234567,1900123456'],
    ['line breaks', '49301234567\r\nRoute: <sip:198.51.100.7>'],
    ['nothing', ''],
  ])('are refused to %s', async (_, target) => {
    const { attempt, callee, agent, house } = await place();
    await attempt(target);
    expect(callee.invited).toBeUndefined();
    expect(house.metrics.counts).toMatchObject({ 'outbound refused destination-not-allowed': 1 });
    expect(agent.told).toEqual(['started', 'started']);
  });

  it('take a number at the host of a trunk for that number, by its rules', async () => {
    const { attempt, callee, house } = await place();
    await attempt('sip:1900123456@192.0.2.50');
    expect(callee.invited).toBeUndefined();
    callee.onCalled = () => callee.refuse(486);
    await attempt('sip:49301234567@carrier.example;user=phone');
    expect(callee.invited?.requestUri).toBe('sip:49301234567@192.0.2.50');
    expect(house.metrics.counts).toMatchObject({
      'outbound refused destination-not-allowed': 1,
      'outbound busy': 1,
    });
  });

  it.each([
    ['options', 'sip:1900123456;x=1@192.0.2.50'],
    ['an escaped option', 'sip:1900123456%3Bphone-context=+1@192.0.2.50'],
    ['separators and options', 'sip:+1-900-123456;ext=2@carrier.example;user=phone'],
  ])('do not take a number with %s at the host of a trunk for a name', async (_, target) => {
    const rules = outboundRules({}, { allow: ['49*', 'sip:*@192.0.2.50', 'sip:*@carrier.example'] });
    const { attempt, callee, house } = await place({ outbound: { rules } });
    await attempt(target);
    expect(callee.invited).toBeUndefined();
    expect(house.metrics.counts).toMatchObject({ 'outbound refused destination-not-allowed': 1 });
  });

  it('go to a SIP URI only by a pattern that says so', async () => {
    const rules = outboundRules({}, { allow: ['*', 'sip:*@192.0.2.50'] });
    const { attempt, callee } = await place({ outbound: { rules } });
    callee.onCalled = () => callee.refuse(486);
    await attempt('sip:desk@192.0.2.51');
    expect(callee.invited).toBeUndefined();
    await attempt('sip:desk@192.0.2.50');
    expect(callee.invited?.requestUri).toBe('sip:desk@192.0.2.50');
  });

  it('do not come back to us', async () => {
    const { attempt, house, reasons } = await place({
      outbound: { rules: outboundRules({ uri: 'sip:192.0.2.1' }) },
    });
    await attempt('49301234567');
    expect(reasons()).toContain('loop-to-ourselves');
    expect(house.metrics.counts).toMatchObject({ 'outbound refused loop-to-ourselves': 1, offered: 1 });
  });

  it('go on with one hop less than their caller had, and not at all when that had none left', async () => {
    const some = await place({}, 5);
    await some.attempt('49301234567');
    expect(some.callee.invited?.headers).toContainEqual({ name: 'Max-Forwards', value: '4' });
    const none = await place({}, 0);
    await none.attempt('49301234567');
    expect(none.callee.invited).toBeUndefined();
    expect(none.reasons()).toContain('too-many-hops');
  });

  it('are sent elsewhere by the other side only where we would go anyway', async () => {
    const { attempt, callee, house } = await place();
    const asked: string[] = [];
    callee.onCalled = () => {
      asked.push(callee.invited!.requestUri);
      const [contact] = [
        '<sip:1900123456@192.0.2.50>;q=0.9, <sip:desk@198.51.100.7>, <sip:4940999@192.0.2.50>;q=0.1',
      ];
      if (asked.length === 1) callee.refuse(302, [{ name: 'Contact', value: contact! }]);
      else callee.refuse(486);
    };
    await attempt('49301234567');
    expect(asked).toEqual(['sip:49301234567@192.0.2.50', 'sip:4940999@192.0.2.50']);
    expect(house.metrics.counts).toMatchObject({ 'outbound refused destination-not-allowed': 2 });
  });

  it('are not sent round in circles', async () => {
    const { attempt, callee, clock } = await place();
    const asked: string[] = [];
    callee.onCalled = () => {
      asked.push(callee.invited!.requestUri);
      callee.refuse(302, [{ name: 'Contact', value: `<sip:4940${asked.length}@192.0.2.50>` }]);
    };
    await attempt('49301234567');
    await clock.advance(1000);
    expect(asked).toHaveLength(5);
  });

  it('are limited in number, at a time and in a minute', async () => {
    const { attempt, callee, house, reasons, clock } = await place({
      outbound: { rules: outboundRules(), limits: { maxConcurrent: 1, perMinute: 2 } },
    });
    callee.onCalled = () => callee.ring();
    const first = await house.switchboard.callOut({ flow: 'reception', to: '4930111' });
    expect(first.sessionId).toBeTruthy();
    await attempt('49301234567');
    expect(reasons()).toContain('too-many-outbound-calls');
    callee.refuse(486);
    await clock.advance(100);
    callee.onCalled = () => callee.refuse(486);
    await attempt('49301234567');
    expect(house.metrics.counts).toMatchObject({ 'outbound busy': 2 });
    await attempt('49301234567');
    expect(house.metrics.counts).toMatchObject({ 'outbound refused too-many-outbound-calls': 2 });
    await clock.advance(60_000);
    await attempt('49301234567');
    expect(house.metrics.counts).toMatchObject({ 'outbound busy': 3 });
  });

  it('are not begun while the switch stops, and those there are end with it', async () => {
    const { house, callee, clock, caller } = await place();
    callee.onCalled = () => callee.ring();
    await house.switchboard.callOut({ flow: 'reception', to: '4930111' });
    const drained = house.switchboard.drain(5000);
    await expect(house.switchboard.callOut({ flow: 'reception', to: '4930111' })).rejects.toMatchObject({
      code: 'draining',
    });
    await clock.advance(6000);
    await drained;
    expect(callee.wasCancelled).toBe(true);
    expect(caller.endedBy).toBe('remote');
    expect(house.switchboard.outboundCalls).toBe(0);
  });
});

describe('a REFER from a caller', () => {
  it('is declined where the trunk may not ask for calls', async () => {
    const { caller, clock, callee } = await place();
    caller.act((userAgent, session, nowMs) => userAgent.refer(session, 'sip:49301234567@192.0.2.50', nowMs));
    await clock.advance(500);
    expect(caller.referEvents).toMatchObject([{ kind: 'refer-progress', statusCode: 603, isFinal: true }]);
    expect(callee.invited).toBeUndefined();
    expect(caller.endedBy).toBeUndefined();
  });
});
