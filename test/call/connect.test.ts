import { describe, expect, it } from 'vitest';
import type { AgentCommand, AgentEvent } from '../../src/agent/agent.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import { headerValue } from '../../src/sip/message/headers.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;
const second = (hz: number) => tone(hz, { rateHz, lengthSamples: 2 * rateHz, levelDb: -12 });
const cafe = serializeWav(tone(300, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 }), 16_000);

type Connect = Extract<AgentCommand, { kind: 'connect' }>;

const connect = (parts: Partial<Connect> = {}): AgentCommand => ({
  kind: 'connect',
  connectionId: 1,
  targets: [{ to: 'sip:one@192.0.2.50' }, { to: 'sip:two@192.0.2.51' }],
  callerIdName: undefined,
  callerIdNumber: undefined,
  ringTimeoutMs: 20_000,
  longestMs: undefined,
  whileRinging: 'ringback',
  ...parts,
});

async function place() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const rules = outboundRules({}, { allow: ['49*', 'sip:*@192.0.2.*'] });
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(agent.factory)],
    trunks: outboundTrunks(),
    outbound: { rules },
  });
  const phone = (last: number, seed: number) =>
    new SimulatedPhone({ clock, network, address: `192.0.2.${last}`, seed });
  const [caller, one, two] = [phone(2, 2), phone(50, 3), phone(51, 4)];
  await caller.call('reception');
  await clock.advance(500);
  const news = () =>
    agent.events.flatMap((event: AgentEvent) =>
      event.kind === 'connection'
        ? [`${event.target} ${event.state} ${event.statusCode}${event.by ?? ''}`]
        : [],
    );
  const last = (from: SimulatedPhone, ms: number) => from.heard.subarray((-ms * rateHz) / 1000);
  return { clock, agent, house, caller, one, two, news, last };
}

describe('a caller who is connected with somebody', () => {
  it('rings all of them at once; the first who answers is heard, the others stop ringing', async () => {
    const { clock, agent, caller, one, two, news, last } = await place();
    one.onCalled = () => one.ring();
    two.onCalled = () => two.ring();
    agent.host?.submit([connect()]);
    await clock.advance(700);
    expect(toneLevelDb(last(caller, 400), 425, rateHz)).toBeCloseTo(-16, 0);
    await two.accept();
    await clock.advance(300);
    expect(one.wasCancelled).toBe(true);
    expect(one.reason).toContain('Call completed elsewhere');
    caller.speak(second(600));
    two.speak(second(1000));
    await clock.advance(1200);
    expect(toneLevelDb(last(caller, 800), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(two, 800), 600, rateHz)).toBeCloseTo(-12, 0);
    expect(news().toSorted()).toEqual(
      [
        '0 trying 100',
        '1 trying 100',
        '0 ringing 180',
        '1 ringing 180',
        '1 answered 200',
        '0 failed 487',
      ].toSorted(),
    );
  });

  it('hears what the only one who is rung lets callers hear, unless the agent chose what is heard', async () => {
    for (const [whileRinging, isHeard] of [
      ['ringback', true],
      ['as-it-is', false],
      [cafe, false],
    ] as const) {
      const { clock, agent, caller, one, last } = await place();
      one.onCalled = () => void one.ringWithSound().then(() => one.speak(second(1400)));
      agent.host?.submit([connect({ targets: [{ to: 'sip:one@192.0.2.50' }], whileRinging })]);
      await clock.advance(1200);
      const level = toneLevelDb(last(caller, 500), 1400, rateHz);
      if (isHeard) expect(level).toBeCloseTo(-12, 0);
      else expect(level).toBeLessThan(-60);
      expect(toneLevelDb(last(caller, 500), 425, rateHz)).toBeLessThan(-60);
      await one.accept();
      one.speak(second(1000));
      await clock.advance(1800);
      expect(toneLevelDb(last(caller, 400), 1000, rateHz)).toBeCloseTo(-12, 0);
    }
  });

  it('is with the agent again when the one whose ringing it heard is busy after all', async () => {
    const { clock, agent, house, caller, one, last } = await place();
    one.onCalled = () => void one.ringWithSound();
    agent.host?.submit([connect({ targets: [{ to: 'sip:one@192.0.2.50' }] })]);
    await clock.advance(500);
    expect(house.media.legs[0]!.partner).toBeDefined();
    one.refuse(486);
    await clock.advance(200);
    expect(house.media.legs[0]!.partner).toBeUndefined();
    agent.host?.submit([say('tone 1000 500')]);
    await clock.advance(400);
    expect(toneLevelDb(last(caller, 200), 1000, rateHz)).toBeCloseTo(-12, 0);
  });

  it('hears neither of two who ring with sounds of their own', async () => {
    const { clock, agent, caller, one, two, last } = await place();
    one.onCalled = () => void one.ringWithSound().then(() => one.speak(second(1400)));
    two.onCalled = () => two.ring();
    agent.host?.submit([connect()]);
    await clock.advance(800);
    expect(toneLevelDb(last(caller, 400), 1400, rateHz)).toBeLessThan(-60);
    expect(toneLevelDb(last(caller, 400), 425, rateHz)).toBeCloseTo(-16, 0);
  });

  it('who holds the call meanwhile hears nothing and loses nobody, and is back', async () => {
    const { clock, agent, caller, one, news, last } = await place();
    one.onCalled = () => void one.accept();
    agent.host?.submit([connect({ targets: [{ to: 'sip:one@192.0.2.50' }] })]);
    await clock.advance(1000);
    caller.reinvite('inactive');
    await clock.advance(40_000);
    expect(one.isTalking).toBe(true);
    one.speak(second(1000));
    await clock.advance(500);
    expect(levelDb(last(caller, 300))).toBeLessThan(-60);
    caller.reinvite('sendrecv');
    await clock.advance(500);
    one.speak(second(1000));
    await clock.advance(800);
    expect(toneLevelDb(last(caller, 400), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(news().at(-1)).toBe('0 answered 200');
  });

  it('is back with the agent when the other hangs up, in the same session', async () => {
    const { clock, agent, caller, one, news, last } = await place();
    one.onCalled = () => void one.accept();
    agent.host?.submit([connect({ targets: [{ to: 'sip:one@192.0.2.50' }] })]);
    await clock.advance(1000);
    one.hangUp();
    await clock.advance(200);
    expect(news().at(-1)).toBe('0 ended 200callee');
    agent.host?.submit([say('tone 1000 1000')]);
    await clock.advance(600);
    expect(toneLevelDb(last(caller, 300), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(agent.told.filter((kind) => kind === 'started')).toHaveLength(1);
  });

  it('is parted after the longest time, or when the agent says so', async () => {
    for (const parts of [{ longestMs: 3000 }, {}]) {
      const { clock, agent, one, news } = await place();
      one.onCalled = () => void one.accept();
      agent.host?.submit([connect({ targets: [{ to: 'sip:one@192.0.2.50' }], ...parts })]);
      await clock.advance(2500);
      expect(one.isTalking).toBe(true);
      if (parts.longestMs === undefined) agent.host?.submit([{ kind: 'disconnect', connectionId: 1 }]);
      await clock.advance(1000);
      expect(one.endedBy).toBe('remote');
      expect(news().at(-1)).toBe('0 ended 200us');
    }
  });

  it('keeps the agent when nobody answers in time', async () => {
    const { clock, agent, one, two, news, caller, last } = await place();
    one.onCalled = () => one.ring();
    two.onCalled = () => two.refuse(486);
    agent.host?.submit([connect({ ringTimeoutMs: 5000 })]);
    await clock.advance(5200);
    expect(one.wasCancelled).toBe(true);
    expect(news().slice(-1)).toEqual(['0 failed 487']);
    expect(news()).toContain('1 failed 486');
    expect(levelDb(last(caller, 100))).toBeLessThan(-60);
    agent.host?.submit([say('tone 1000 500')]);
    await clock.advance(400);
    expect(toneLevelDb(last(caller, 200), 1000, rateHz)).toBeCloseTo(-12, 0);
  });

  it('who hangs up ends it for the other, and the agent is told in that order', async () => {
    const { clock, agent, caller, one, news } = await place();
    one.onCalled = () => void one.accept();
    agent.host?.submit([connect({ targets: [{ to: 'sip:one@192.0.2.50' }] })]);
    await clock.advance(1000);
    caller.hangUp();
    await clock.advance(200);
    expect(one.endedBy).toBe('remote');
    expect(news().at(-1)).toBe('0 ended 200caller');
    expect(agent.told.slice(-2)).toEqual(['connection', 'ended']);
    expect(agent.events.at(-1)).toMatchObject({ cause: 'caller-hung-up' });
  });

  it('does not hear what the far end hears behind the voice', async () => {
    const { clock, agent, caller, one, last } = await place();
    one.onCalled = () => void one.accept();
    agent.host?.submit([
      connect({ targets: [{ to: 'sip:one@192.0.2.50' }] }),
      {
        kind: 'far-track',
        connectionId: 1,
        command: { kind: 'loop', track: 'cafe', audio: cafe, gain: 0.5 },
      },
    ]);
    await clock.advance(2000);
    expect(toneLevelDb(last(one, 1000), 300, rateHz)).toBeCloseTo(-18, 0);
    expect(levelDb(last(caller, 1000))).toBeLessThan(-60);
  });

  it('has the keys of the far end told to the agent, and its own told there', async () => {
    const { clock, agent, caller, one } = await place();
    one.onCalled = () => void one.accept();
    agent.host?.submit([connect({ targets: [{ to: 'sip:one@192.0.2.50' }] })]);
    await clock.advance(1000);
    one.press('5');
    caller.press('7');
    await clock.advance(500);
    expect(agent.events).toContainEqual({ kind: 'far-digit', connectionId: 1, digit: '5' });
    expect(agent.events).toContainEqual({ kind: 'digit', digit: '7' });
  });

  it('is shown to each of them as the agent says, by the number for all or one of its own', async () => {
    const { clock, agent, one, two } = await place();
    const targets = [{ to: 'sip:one@192.0.2.50', callerIdNumber: '4930' }, { to: 'sip:two@192.0.2.51' }];
    agent.host?.submit([connect({ targets, callerIdName: 'Ann', callerIdNumber: '4940' })]);
    await clock.advance(500);
    expect(headerValue(one.invited!, 'From')).toMatch(/^"?Ann"? <sip:4930@/);
    expect(headerValue(two.invited!, 'From')).toMatch(/^"?Ann"? <sip:4940@/);
  });

  it('is refused at once to whom we may not call', async () => {
    const { clock, agent, news } = await place();
    agent.host?.submit([connect({ targets: [{ to: '1900123' }] })]);
    await clock.advance(100);
    expect(news()).toEqual(['0 failed 403']);
  });
});
