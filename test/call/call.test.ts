import { describe, expect, it } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { loop, ScriptedAgent, say } from '../support/scripted-agent.ts';
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
