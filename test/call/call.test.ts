import { describe, expect, it } from 'vitest';
import type { AgentCommand, AgentEvent, AgentFactory, AgentHost } from '../../src/agent/agent.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import type { ClipStore } from '../../src/sound/clip-store.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { loop, play, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { lossyLink, type VirtualLink, VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;
const cafe = serializeWav(tone(300, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 }), 16_000);

function place(options: Partial<SimulatedSwitchOptions> = {}, link?: VirtualLink) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock, link);
  const agent = new ScriptedAgent((event, host) => {
    if (event.kind === 'started') host.submit([loop(cafe, 0.5)]);
  });
  const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(agent.factory)], ...options });
  let phones = 0;
  const phone = (codecs?: readonly ('PCMU' | 'PCMA')[]) => {
    phones += 1;
    const address = `192.0.2.${100 + phones}`;
    return new SimulatedPhone({ clock, network, address, seed: phones, ...(codecs && { codecs }) });
  };
  return { clock, network, agent, house, phone };
}

const question = { ...say('tone 440 500'), inputTimeoutMs: 1000 } as AgentCommand;

function throwBug(): never {
  throw new TypeError('a bug');
}

function onEvent(kind: AgentEvent['kind'], act: (host: AgentHost) => void) {
  return (event: AgentEvent, host: AgentHost): void => {
    if (event.kind === kind) act(host);
  };
}

describe('a call', () => {
  it.each(['PCMU', 'PCMA'] as const)('speaks %s when that is all the phone speaks', async (codec) => {
    const { clock, phone: newPhone } = place();
    const phone = newPhone([codec]);
    await phone.call('reception');
    await clock.advance(2000);
    expect(toneLevelDb(phone.heard.subarray(-rateHz), 300, rateHz)).toBeCloseTo(-18, 0);
  });

  it('goes silent on hold and comes back where time has gone on', async () => {
    const { clock, phone: newPhone, agent, house } = place();
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(1000);
    phone.reinvite('sendonly');
    await clock.advance(100);
    const sent = house.media.legs[0]!.commands.filter(({ kind }) => kind === 'negotiate').at(-1);
    expect(sent).toMatchObject({ audio: { direction: 'recvonly' } });
    await clock.advance(2000);
    expect(levelDb(phone.heard.subarray(-rateHz))).toBeLessThan(-60);
    phone.reinvite('sendrecv');
    await clock.advance(1500);
    expect(toneLevelDb(phone.heard.subarray(-rateHz), 300, rateHz)).toBeCloseTo(-18, 0);
    agent.host?.submit([say('tone 1000 500')]);
    await clock.advance(400);
    expect(toneLevelDb(phone.heard.subarray(-0.2 * rateHz), 1000, rateHz)).toBeCloseTo(-12, 0);
  });

  it('is refused with 404 when no route and no flow has the number', async () => {
    const { clock, phone: newPhone, house } = place();
    const phone = newPhone();
    await phone.call('nobody');
    await clock.advance(100);
    expect(phone.statusCode).toBe(404);
    expect(house.metrics.counts).toMatchObject({ offered: 1, 'refused 404': 1 });
  });

  it('is refused with 500 when a bug shows before it is taken', async () => {
    const { clock, phone: newPhone, house } = place({ routes: [{ number: '/(/', flow: 'reception' }] });
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(100);
    expect(phone.statusCode).toBe(500);
    expect(house.switchboard.activeCalls).toBe(0);
  });

  it('is refused with 503 above the limit of calls, and taken again when one has ended', async () => {
    const { clock, phone: newPhone, house } = place({ maxCalls: 1 });
    const [first, second, third] = [newPhone(), newPhone(), newPhone()];
    await first.call('reception');
    await clock.advance(100);
    await second.call('reception');
    await clock.advance(100);
    expect(second.statusCode).toBe(503);
    first.hangUp();
    await clock.advance(100);
    await third.call('reception');
    await clock.advance(100);
    expect(third.isTalking).toBe(true);
    expect(house.metrics.counts['refused 503']).toBe(1);
  });

  it('is refused with 503 when every RTP port is taken', async () => {
    const { clock, phone: newPhone, house } = place({ media: { maxLegs: 0 } });
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(100);
    expect(phone.statusCode).toBe(503);
    expect(house.switchboard.activeCalls).toBe(0);
  });

  it('lets the phone ring as long as its flow says, and ends when the caller gives up', async () => {
    const agent = new ScriptedAgent();
    const {
      clock,
      phone: newPhone,
      house,
    } = place({
      flows: [simulatedFlow(agent.factory, { answerAfterMs: 5000 })],
    });
    const [patient, hasty] = [newPhone(), newPhone()];
    await patient.call('reception');
    await hasty.call('reception');
    await clock.advance(2000);
    hasty.hangUp();
    await clock.advance(2000);
    expect(patient.isTalking).toBe(false);
    expect(hasty.statusCode).toBe(487);
    await clock.advance(2000);
    expect(patient.isTalking).toBe(true);
    expect(agent.told).toEqual(['started']);
    expect(house.switchboard.activeCalls).toBe(1);
  });

  it('ends when the caller sends no media for long', async () => {
    const { clock, phone: newPhone, agent, house } = place({ media: { silenceTimeoutMs: 5000 } });
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(1000);
    phone.leg!.send({ kind: 'pause' });
    await clock.advance(6000);
    expect(phone.endedBy).toBe('remote');
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'media-lost' });
    expect(house.metrics.counts['ended media-lost']).toBe(1);
  });

  it('goes on while the caller has put it on hold without music', async () => {
    const { clock, phone: newPhone, agent } = place({ media: { silenceTimeoutMs: 5000 } });
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(1000);
    phone.reinvite('sendonly');
    phone.leg!.send({ kind: 'pause' });
    await clock.advance(20_000);
    expect(phone.isTalking).toBe(true);
    phone.reinvite('sendrecv');
    await clock.advance(6000);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'media-lost' });
  });

  it('ends when it has lasted as long as it may', async () => {
    const agent = new ScriptedAgent();
    const { clock, phone: newPhone } = place({
      flows: [simulatedFlow(agent.factory, { maxDurationMs: 10_000 })],
    });
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(9000);
    expect(phone.isTalking).toBe(true);
    await clock.advance(1500);
    expect(phone.endedBy).toBe('remote');
  });

  it('ends alone when a bug shows in its agent: the next call is served', async () => {
    let calls = 0;
    const agent = new ScriptedAgent((event) => {
      if (event.kind !== 'started') return;
      calls += 1;
      if (calls === 1) throw new TypeError('a bug');
    });
    const { clock, phone: newPhone, house } = place({ flows: [simulatedFlow(agent.factory)] });
    const [first, second] = [newPhone(), newPhone()];
    await first.call('reception');
    await clock.advance(500);
    expect(first.endedBy).toBe('remote');
    await second.call('reception');
    await clock.advance(500);
    expect(second.isTalking).toBe(true);
    expect(house.log.lines.some(({ message }) => message === 'a bug ended this call')).toBe(true);
  });

  it.each<[string, ConstructorParameters<typeof ScriptedAgent>[0]]>([
    ['when the caller says nothing', onEvent('input-timed-out', throwBug)],
    ['when it is told of the end', onEvent('ended', throwBug)],
    [
      'in what it asks for later',
      onEvent('started', (host) => void Promise.resolve().then(() => host.submit([undefined as never]))),
    ],
  ])('ends alone, and holds nothing, when a bug shows in its agent %s', async (_case, script) => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([question]);
      script?.(event, host);
    });
    const { clock, phone: newPhone, house } = place({ flows: [simulatedFlow(agent.factory)] });
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(3000);
    if (phone.isTalking) phone.hangUp();
    await clock.advance(1000);
    expect(house.log.lines.filter(({ message }) => message === 'a bug ended this call')).toHaveLength(1);
    expect(house.switchboard.activeCalls).toBe(0);
    expect(house.media.legs.every(({ closed }) => closed)).toBe(true);
  });

  it('ends alone when a bug shows in what its sounds are made with', async () => {
    const clips = { load: () => Promise.reject(new TypeError('a bug')) } as unknown as ClipStore;
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'digit') host.submit(event.digit === '1' ? [play(cafe)] : [loop(cafe)]);
    });
    const {
      clock,
      phone: newPhone,
      house,
    } = place({
      flows: [simulatedFlow(agent.factory)],
      clips,
    });
    const phones = [newPhone(), newPhone(), newPhone()];
    for (const phone of phones) await phone.call('reception');
    await clock.advance(500);
    phones[0]!.press('1');
    phones[1]!.press('2');
    await clock.advance(1000);
    expect(phones.map(({ endedBy }) => endedBy)).toEqual(['remote', 'remote', undefined]);
    expect(house.switchboard.activeCalls).toBe(1);
  });

  it('has its agent told of its end before a drain is over', async () => {
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const factory: AgentFactory = () => ({ listens: false, handle: () => {}, close: () => slow });
    const { clock, phone: newPhone, house } = place({ flows: [simulatedFlow(factory)] });
    const phone = newPhone();
    await phone.call('reception');
    await clock.advance(500);
    phone.hangUp();
    await clock.advance(500);
    const drained: string[] = [];
    void house.switchboard.drain(10_000).then(() => drained.push('first'));
    await clock.advance(1000);
    expect(drained).toEqual([]);
    finish();
    await clock.advance(0);
    expect(drained).toEqual(['first']);
  });

  it('does not keep a drain for ever by an agent that does not let go', async () => {
    const factory: AgentFactory = () => ({
      listens: false,
      handle: () => {},
      close: () => new Promise(() => {}),
    });
    const { clock, phone: newPhone, house } = place({ flows: [simulatedFlow(factory)] });
    await newPhone().call('reception');
    await clock.advance(500);
    let drained = false;
    void house.switchboard.drain(1000).then(() => {
      drained = true;
    });
    await clock.advance(2000);
    expect(house.switchboard.activeCalls).toBe(0);
    expect(drained).toBe(false);
    await clock.advance(10_000);
    expect(drained).toBe(true);
  });

  it('is let end by itself while draining, and ended when the time is up', async () => {
    const { clock, phone: newPhone, house } = place();
    const [first, second] = [newPhone(), newPhone()];
    await first.call('reception');
    await second.call('reception');
    await clock.advance(500);
    let drained = false;
    house.switchboard.drain(10_000).then(
      () => {
        drained = true;
      },
      () => undefined,
    );
    first.hangUp();
    await clock.advance(5000);
    expect(second.isTalking).toBe(true);
    expect(drained).toBe(false);
    await clock.advance(6000);
    expect(second.endedBy).toBe('remote');
    expect(drained).toBe(true);
  });

  it('is set up and ended on a network that loses a fifth of all datagrams', async () => {
    const link = lossyLink({ seed: 5, delayMs: 20, loss: 0.2 });
    const { clock, phone: newPhone, house } = place({}, link);
    const phones = Array.from({ length: 20 }, () => newPhone());
    for (const phone of phones) await phone.call('reception');
    await clock.advance(20_000);
    expect(phones.filter(({ isTalking }) => isTalking)).toHaveLength(20);
    for (const phone of phones) phone.hangUp();
    await clock.advance(40_000);
    expect(house.switchboard.activeCalls).toBe(0);
  });
});
