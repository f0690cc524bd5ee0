/** Telephones that have us call somebody in their place (REFER, RFC 5589). */
import { describe, expect, it } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import { headerValue } from '../../src/sip/message/headers.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { outboundRules } from '../support/outbound.ts';
import { loop, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone, type SimulatedPhoneOptions } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { trunkDirectory } from '../support/sip-trunks.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;
const cafe = serializeWav(tone(300, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 }), 16_000);
const seconds = (hz: number, s = 3) => tone(hz, { rateHz, lengthSamples: s * rateHz, levelDb: -12 });
const last = (phone: SimulatedPhone, ms: number) => phone.heard.subarray((-ms * rateHz) / 1000);
const colleague = 'sip:4940222@192.0.2.51';

/** A caller with an agent, somebody to be passed on to, and a colleague of either. */
async function place(
  options: Partial<SimulatedSwitchOptions> = {},
  third: Partial<SimulatedPhoneOptions> = {},
) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const rules = outboundRules({}, { allow: ['49*', 'sip:*@192.0.2.5*'] });
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(agent.factory, { phoneNumber: '4921155660' })],
    trunks: trunkDirectory({
      name: 'carrier',
      addresses: ['192.0.2.2', '192.0.2.50', '192.0.2.51', '192.0.2.52'],
      mayRefer: true,
    }),
    outbound: { rules },
    ...options,
  });
  const phone = (host: number, seed: number, parts = {}) =>
    new SimulatedPhone({ clock, network, address: `192.0.2.${host}`, seed, ...parts });
  const [caller, callee, other] = [phone(2, 2), phone(50, 3), phone(51, 4, { portMin: 41_000, ...third })];
  await caller.call('reception');
  await clock.advance(500);
  const refer = (from: SimulatedPhone, target = colleague) =>
    from.act((userAgent, session, nowMs) => userAgent.refer(session, target, nowMs));
  const news = (of: SimulatedPhone) =>
    of.referEvents.flatMap((event) => (event.kind === 'refer-progress' ? [event.statusCode] : []));
  const join = async () => {
    callee.onCalled = () => void callee.accept();
    agent.host?.submit([
      {
        kind: 'transfer',
        target: '49301234567',
        callerIdName: undefined,
        callerIdNumber: '4915790000687',
        timeoutMs: undefined,
      },
    ]);
    await clock.advance(1000);
    expect(callee.isTalking).toBe(true);
  };
  return { clock, network, agent, house, caller, callee, other, refer, news, join };
}

describe('a telephone that has its agent call somebody in its place', () => {
  it('is told how that goes, and hangs up; the session goes on with the other, ambience and all', async () => {
    const { clock, agent, house, caller, other, refer, news } = await place();
    agent.host?.submit([loop(cafe, 0.5)]);
    other.onCalled = () => other.ring();
    refer(caller);
    await clock.advance(500);
    expect(news(caller)).toEqual([100, 180]);
    expect(headerValue(other.invited!, 'From')).toContain('<sip:reception@');
    expect(headerValue(other.invited!, 'Referred-By')).toContain('phone.example');
    expect(toneLevelDb(last(caller, 300), 300, rateHz)).toBeCloseTo(-18, 0);
    await other.accept();
    await clock.advance(100);
    expect(news(caller)).toEqual([100, 180, 200]);
    caller.hangUp();
    await clock.advance(500);
    expect(toneLevelDb(last(other, 400), 300, rateHz)).toBeCloseTo(-18, 0);
    agent.host?.submit([say('tone 1000 1000')]);
    await clock.advance(600);
    expect(toneLevelDb(last(other, 300), 1000, rateHz)).toBeCloseTo(-12, 0);
    other.press('5');
    await clock.advance(500);
    expect(agent.events).toContainEqual({ kind: 'digit', digit: '5' });
    expect(agent.told.filter((kind) => kind === 'started')).toHaveLength(1);
    expect(house.media.legs).toHaveLength(1);
    other.hangUp();
    await clock.advance(300);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'caller-hung-up' });
    expect([house.switchboard.activeCalls, house.switchboard.outboundCalls]).toEqual([0, 0]);
    expect(house.media.legs[0]!.closed).toBe(true);
    expect(house.metrics.counts).toMatchObject({ 'leg closed': 1 });
  });

  it('is not heard any more by the agent, nor in the place of the other', async () => {
    const { clock, house, caller, other, refer } = await place();
    other.onCalled = () => void other.accept();
    refer(caller);
    await clock.advance(500);
    house.media.legs[0]!.send({ kind: 'echo', enabled: true });
    caller.speak(seconds(600));
    other.speak(seconds(1000));
    await clock.advance(1500);
    expect(toneLevelDb(last(other, 1000), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(other, 1000), 600, rateHz)).toBeLessThan(-60);
  });

  it('may hang up as soon as that is begun: the agent waits on hold for the other', async () => {
    const { clock, agent, caller, other, refer } = await place();
    other.onCalled = () => other.ring();
    refer(caller);
    await clock.advance(300);
    caller.hangUp();
    agent.host?.submit([say('tone 1000 1000')]);
    await clock.advance(5000);
    expect(agent.told).toEqual(['started']);
    await other.accept();
    await clock.advance(700);
    expect(toneLevelDb(last(other, 300), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(agent.told).not.toContain('ended');
  });

  it('has hung up, and the other does not come: then the call is over', async () => {
    const { clock, agent, house, caller, other, refer } = await place();
    other.onCalled = () => other.ring();
    refer(caller);
    await clock.advance(300);
    caller.hangUp();
    await clock.advance(300);
    other.refuse(486);
    await clock.advance(300);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'caller-hung-up' });
    expect(house.media.legs.every(({ closed }) => closed)).toBe(true);
    expect([house.switchboard.activeCalls, house.switchboard.outboundCalls]).toEqual([0, 0]);
    expect(house.metrics.counts).toMatchObject({ 'leg closed': 1 });
  });

  it.each([
    ['busy', 486],
    ['declined', 603],
  ])('hears of the other being %s, and goes on with the agent', async (_, statusCode) => {
    const { clock, agent, caller, other, refer, news } = await place();
    other.onCalled = () => other.refuse(statusCode);
    refer(caller);
    await clock.advance(500);
    expect(news(caller)).toEqual([100, statusCode]);
    agent.host?.submit([say('tone 1000 1000')]);
    await clock.advance(600);
    expect(toneLevelDb(last(caller, 300), 1000, rateHz)).toBeCloseTo(-12, 0);
    // And may ask again.
    other.onCalled = () => void other.accept();
    refer(caller);
    await clock.advance(500);
    expect(news(caller).slice(2)).toEqual([100, 200]);
    expect(other.isTalking).toBe(true);
  });

  it('is hung up on when it does not hang up by itself', async () => {
    const { clock, agent, caller, other, refer } = await place();
    other.onCalled = () => void other.accept();
    refer(caller);
    await clock.advance(9000);
    expect(caller.endedBy).toBeUndefined();
    await clock.advance(2000);
    expect(caller.endedBy).toBe('remote');
    expect([other.isTalking, agent.told]).toEqual([true, ['started']]);
  });

  it('takes the ringing call along when the agent hangs up meanwhile', async () => {
    const { clock, agent, house, caller, other, refer } = await place();
    other.onCalled = () => other.ring();
    refer(caller);
    await clock.advance(300);
    agent.host?.submit([{ kind: 'hang-up' }]);
    await clock.advance(300);
    expect([caller.endedBy, other.wasCancelled]).toEqual(['remote', true]);
    expect([house.switchboard.activeCalls, house.switchboard.outboundCalls]).toEqual([0, 0]);
  });

  it('rings a minute at most', async () => {
    const { clock, caller, other, refer, news } = await place();
    other.onCalled = () => other.ring();
    refer(caller);
    await clock.advance(61_000);
    expect(other.wasCancelled).toBe(true);
    expect(news(caller)).toEqual([100, 180, 487]);
    expect(caller.endedBy).toBeUndefined();
  });

  it('has the call that it talks in itself replaced, where it names one', async () => {
    const { clock, network, caller, refer } = await place();
    const wire: string[] = [];
    network.bind({ address: '192.0.2.52', port: 5060 }, (datagram) =>
      wire.push(new TextDecoder().decode(datagram)),
    );
    refer(caller, `sip:4940222@192.0.2.52?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2`);
    await clock.advance(300);
    expect(wire[0]).toContain('\r\nReplaces: a@b;to-tag=1;from-tag=2\r\n');
    expect(wire[0]).toContain('\r\nRequire: replaces\r\n');
  });

  it.each([
    ['to whom we may not call', 'sip:1900123456@192.0.2.50', 403],
    ['to a SIP URI that nobody allowed', 'sip:anyone@198.51.100.7', 403],
  ])('is refused %s, and the call goes on', async (_, target, statusCode) => {
    const { clock, house, caller, callee, refer, news } = await place();
    refer(caller, target);
    await clock.advance(300);
    expect(news(caller)).toEqual([statusCode]);
    expect([caller.endedBy, callee.invited]).toEqual([undefined, undefined]);
    expect(house.metrics.counts).toMatchObject({ 'outbound refused destination-not-allowed': 1 });
  });

  it('is told when there are too many calls of ours already', async () => {
    const rules = outboundRules({}, { allow: ['sip:*@192.0.2.51'] });
    const limits = { maxConcurrent: 0 };
    const { clock, caller, refer, news } = await place({ outbound: { rules, limits } });
    refer(caller);
    await clock.advance(300);
    expect(news(caller)).toEqual([100, 503]);
    expect(caller.endedBy).toBeUndefined();
  });

  it('passes on to a codec of another rate, and nothing plays at another speed', async () => {
    const options = { codecs: ['G722', 'PCMA'] as const };
    const { clock, agent, caller, other, refer } = await place(options, { codecs: ['G722'] });
    other.onCalled = () => void other.accept();
    refer(caller);
    await clock.advance(500);
    agent.host?.submit([say('tone 1000 2000')]);
    await clock.advance(1000);
    expect(toneLevelDb(last(other, 500), 1000, rateHz)).toBeCloseTo(-12, 0);
  });
});

describe('one of two who are joined, and has the other talk to somebody else', () => {
  it.each(['caller', 'callee'] as const)('the %s: the other hears whom it named', async (who) => {
    const { clock, agent, house, caller, callee, other, refer, news, join } = await place();
    await join();
    const [asking, staying] = who === 'caller' ? [caller, callee] : [callee, caller];
    other.onCalled = () => void other.accept();
    refer(asking);
    await clock.advance(500);
    expect(news(asking)).toEqual([100, 200]);
    asking.hangUp();
    await clock.advance(300);
    expect(staying.endedBy).toBeUndefined();
    staying.speak(seconds(600));
    other.speak(seconds(1000));
    await clock.advance(1500);
    expect(toneLevelDb(last(staying, 1000), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(last(other, 1000), 600, rateHz)).toBeCloseTo(-12, 0);
    other.hangUp();
    await clock.advance(300);
    expect(staying.endedBy).toBe('remote');
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'transferred' });
    expect([house.switchboard.activeCalls, house.switchboard.outboundCalls]).toEqual([0, 0]);
    expect(house.media.legs.every(({ closed }) => closed)).toBe(true);
  });

  it('the callee, to somebody busy: the two go on', async () => {
    const { clock, caller, callee, other, refer, news, join } = await place();
    await join();
    other.onCalled = () => other.refuse(486);
    refer(callee);
    await clock.advance(500);
    expect(news(callee)).toEqual([100, 486]);
    callee.speak(seconds(1000));
    await clock.advance(1000);
    expect(toneLevelDb(last(caller, 500), 1000, rateHz)).toBeCloseTo(-12, 0);
  });

  it('the callee names the caller: whoever is called sees the same number', async () => {
    const { clock, callee, other, refer, join } = await place();
    await join();
    other.onCalled = () => other.ring();
    refer(callee);
    await clock.advance(300);
    expect(headerValue(other.invited!, 'From')).toContain('<sip:4915790000687@');
  });

  it('the callee hangs up at once: the caller waits in silence for the other', async () => {
    const { clock, caller, callee, other, refer, join } = await place();
    await join();
    other.onCalled = () => other.ring();
    refer(callee);
    await clock.advance(300);
    callee.hangUp();
    await clock.advance(2000);
    expect(caller.endedBy).toBeUndefined();
    expect(levelDb(last(caller, 500))).toBeLessThan(-60);
    await other.accept();
    await clock.advance(200);
    other.speak(seconds(1000));
    await clock.advance(1000);
    expect(toneLevelDb(last(caller, 500), 1000, rateHz)).toBeCloseTo(-12, 0);
  });
});
