/** What calls of ours say on the wire, and what callers hear of them. */
import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import type { OutboundTrunk } from '../../src/call/outbound-routes.ts';
import { headerValue } from '../../src/sip/message/headers.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;
const second = (hz: number) => tone(hz, { rateHz, lengthSamples: 3 * rateHz, levelDb: -12 });
const last = (phone: SimulatedPhone, ms: number) => phone.heard.subarray((-ms * rateHz) / 1000);

const transfer: AgentCommand = {
  kind: 'transfer',
  target: '49301234567',
  callerIdName: 'Desk',
  callerIdNumber: '4915790000687',
  timeoutMs: 20_000,
};

async function place(
  parts: {
    trunk?: Partial<OutboundTrunk>;
    flow?: Parameters<typeof simulatedFlow>[1];
    serviceRoutes?: NonNullable<SimulatedSwitchOptions['outbound']>['serviceRoutes'];
    takesRefer?: boolean;
  } = {},
) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(agent.factory, parts.flow)],
    trunks: outboundTrunks(),
    outbound: {
      rules: outboundRules(parts.trunk, { allow: ['49*', 'sip:*@192.0.2.50'] }),
      serviceRoutes: parts.serviceRoutes ?? {},
    },
  });
  const caller = new SimulatedPhone({
    ...{ clock, network, address: '192.0.2.2', seed: 2 },
    takesRefer: parts.takesRefer ?? false,
  });
  const callee = new SimulatedPhone({ clock, network, address: '192.0.2.50', seed: 3 });
  await caller.call('reception');
  await clock.advance(500);
  return { clock, agent, house, caller, callee };
}

describe('who calls', () => {
  const shown = '<sip:4915790000687@carrier.example>';

  it.each([
    ['from', `"Desk" ${shown}`, undefined],
    ['pai', '"Desk" <sip:us@carrier.example>', `"Desk" ${shown}`],
    ['both', `"Desk" ${shown}`, `"Desk" ${shown}`],
  ] as const)('stands where the trunk wants it: %s', async (callerId, from, asserted) => {
    const { clock, agent, callee } = await place({ trunk: { callerId } });
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer]);
    await clock.advance(300);
    expect(headerValue(callee.invited!, 'From')?.replace(/;tag=.*/, '')).toBe(from);
    expect(headerValue(callee.invited!, 'P-Asserted-Identity')).toBe(asserted);
  });
});

describe('a call of ours', () => {
  it('goes along the Service-Route of its trunk', async () => {
    const route = '<sip:edge.carrier.example;lr>';
    const { clock, agent, callee } = await place({ serviceRoutes: { carrier: [route] } });
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer]);
    await clock.advance(300);
    expect(headerValue(callee.invited!, 'Route')).toBe(route);
    expect(callee.invited!.requestUri).toBe('sip:49301234567@192.0.2.50');
  });

  it('proves to its target the password that is for it', async () => {
    const { clock, agent, callee } = await place();
    const proofs: (string | undefined)[] = [];
    callee.onCalled = () => {
      proofs.push(headerValue(callee.invited!, 'Proxy-Authorization'));
      const value = 'Digest realm="desk", nonce="n1", algorithm=MD5, qop="auth"';
      if (proofs.length === 1) callee.refuse(407, [{ name: 'Proxy-Authenticate', value }]);
      else callee.ring();
    };
    agent.host?.submit([
      {
        kind: 'connect',
        connectionId: 1,
        targets: [{ to: 'sip:desk@192.0.2.50', auth: { username: 'alice', password: 'wonder' } }],
        callerIdName: undefined,
        callerIdNumber: undefined,
        ringTimeoutMs: 20_000,
        longestMs: undefined,
        whileRinging: 'ringback',
      },
    ]);
    await clock.advance(500);
    expect(proofs).toHaveLength(2);
    expect(proofs[0]).toBeUndefined();
    expect(proofs[1]).toMatch(/^Digest .*username="alice".*realm="desk"/);
  });
});

describe('a caller who is passed on', () => {
  it('hears the sound that the flow has for it, over and over, in place of a tone', async () => {
    const samples = tone(700, { rateHz: 16_000, lengthSamples: 8000, levelDb: -12 });
    const sound = serializeWav(samples, 16_000);
    const { clock, agent, caller, callee } = await place({ flow: { ringing: { country: 'de', sound } } });
    callee.onCalled = () => callee.ring();
    agent.host?.submit([transfer]);
    await clock.advance(3000);
    expect(toneLevelDb(last(caller, 1500), 700, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(caller, 1500), 425, rateHz)).toBeLessThan(-60);
  });

  it('and holds the call hears nothing, keeps the other, and is with it again', async () => {
    const { clock, agent, caller, callee } = await place();
    callee.onCalled = () => void callee.accept();
    agent.host?.submit([transfer]);
    await clock.advance(1000);
    caller.reinvite('inactive');
    await clock.advance(40_000);
    callee.speak(second(1000));
    await clock.advance(500);
    expect([caller.endedBy, callee.endedBy]).toEqual([undefined, undefined]);
    expect(levelDb(last(caller, 300))).toBeLessThan(-60);
    caller.reinvite('sendrecv');
    await clock.advance(1000);
    expect(toneLevelDb(last(caller, 400), 1000, rateHz)).toBeCloseTo(-12, 0);
  });
});

describe('an agent that has the other side call somebody', () => {
  const refer: AgentCommand = { kind: 'refer', target: '49301234567', headers: { 'X-Why': 'lunch' } };
  const news = (agent: ScriptedAgent) => agent.events.filter(({ kind }) => kind === 'referred');

  it('is told how that goes; when it went well the call is over', async () => {
    const { clock, agent, caller } = await place({ takesRefer: true });
    agent.host?.submit([refer]);
    await clock.advance(200);
    expect(caller.referEvents).toMatchObject([{ kind: 'refer', target: 'sip:49301234567@192.0.2.50' }]);
    caller.act((userAgent, session, nowMs) => userAgent.acceptRefer(session, nowMs));
    caller.act((userAgent, session, nowMs) => userAgent.notifyRefer(session, 180, nowMs));
    caller.act((userAgent, session, nowMs) => userAgent.notifyRefer(session, 200, nowMs));
    await clock.advance(200);
    expect(news(agent)).toEqual([
      { kind: 'referred', statusCode: 100, isFinal: false },
      { kind: 'referred', statusCode: 180, isFinal: false },
      { kind: 'referred', statusCode: 200, isFinal: true },
    ]);
    expect(caller.endedBy).toBe('remote');
    expect(agent.events.at(-1)).toMatchObject({ kind: 'ended', cause: 'transferred' });
  });

  it('is told of a refusal, and keeps the caller', async () => {
    const { clock, agent, caller } = await place({ takesRefer: true });
    agent.host?.submit([refer]);
    await clock.advance(200);
    caller.act((userAgent, session, nowMs) => userAgent.rejectRefer(session, 603, nowMs));
    await clock.advance(200);
    expect(news(agent)).toEqual([{ kind: 'referred', statusCode: 603, isFinal: true }]);
    expect(caller.endedBy).toBeUndefined();
  });

  it('is told at once that it may not call the target itself', async () => {
    const { clock, agent, caller, house } = await place({ takesRefer: true });
    agent.host?.submit([{ kind: 'refer', target: '1900123' }]);
    await clock.advance(200);
    expect(caller.referEvents).toEqual([]);
    expect(news(agent)).toEqual([{ kind: 'referred', statusCode: 403, isFinal: true }]);
    expect(house.metrics.counts).toMatchObject({ 'outbound refused destination-not-allowed': 1 });
  });
});
