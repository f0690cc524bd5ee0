import { describe, expect, it } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { gaps } from '../support/listening.ts';
import { loop, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { lossyLink, VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;
const cafe = serializeWav(tone(300, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 }), 16_000);

/** A minute of call: an ambience throughout, a sentence every five seconds, a key pressed every ten. */
async function minuteOfCall(link: Parameters<typeof lossyLink>[0]) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock, lossyLink(link));
  const agent = new ScriptedAgent((event, host) => {
    if (event.kind === 'started') host.submit([loop(cafe, 0.5)]);
  });
  const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(agent.factory)] });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception');
  await clock.advance(5000);
  for (let second = 5; second < 60; second += 5) {
    agent.host?.submit([say('tone 1000 2000')]);
    if (second % 10 === 0) phone.press(String(second / 10));
    await clock.advance(5000);
  }
  const heard = phone.heard;
  phone.hangUp();
  await clock.advance(40_000);
  return { agent, house, phone, heard };
}

function digitsOf(agent: ScriptedAgent): string {
  return agent.events.map((event) => (event.kind === 'digit' ? event.digit : '')).join('');
}

describe('a minute of call in virtual time', () => {
  it('is whole on a clean network: ambience without a gap, each sentence, each key', async () => {
    const { agent, house, phone, heard } = await minuteOfCall({ seed: 1, delayMs: 30 });
    const call = heard.subarray(rateHz);
    expect(gaps(call, rateHz, { leastMs: 10 })).toEqual([]);
    expect(toneLevelDb(call, 300, rateHz)).toBeCloseTo(-18, 0);
    expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(11);
    expect(digitsOf(agent)).toBe('12345');
    expect(phone.endedBy).toBe('local');
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'caller-hung-up' });
    expect(house.switchboard.activeCalls).toBe(0);
  });

  it.each([1, 2, 3])(
    'survives 5 %% loss, 40 ms of jitter and doubled datagrams each way (seed %i)',
    async (seed) => {
      const link = { seed, delayMs: 40, jitterMs: 40, loss: 0.05, duplication: 0.02 };
      const { agent, house, heard } = await minuteOfCall(link);
      const call = heard.subarray(2 * rateHz);
      expect(call.length / rateHz).toBeGreaterThan(55);
      expect(gaps(call, rateHz, { leastMs: 60 })).toEqual([]);
      expect(toneLevelDb(call, 300, rateHz)).toBeGreaterThan(-21);
      expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(11);
      expect(digitsOf(agent)).toBe('12345');
      expect(house.metrics.counts['ended caller-hung-up']).toBe(1);
      expect(house.switchboard.activeCalls).toBe(0);
    },
  );

  it('lets the caller hear the caller, and nothing of the ambience come back to an agent that listens', async () => {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock);
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([loop(cafe, 0.5), { kind: 'bridge-echo' }]);
    });
    const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(agent.factory)] });
    const phone = new SimulatedPhone({ clock, network });
    await phone.call('reception');
    await clock.advance(1000);
    const inbound: Int16Array[] = [];
    const leg = house.media.legs[0]!;
    const { onEvent } = leg.options;
    Object.assign(leg.options, {
      onEvent: (event: Parameters<typeof onEvent>[0]) => {
        if (event.kind === 'heard-samples') inbound.push(event.samples.slice());
        else onEvent(event);
      },
    });
    leg.send({ kind: 'listen', rateHz: 8000, chunkMs: 20 });
    await clock.advance(2000);
    const whole = Int16Array.from(inbound.flatMap((chunk) => [...chunk]));
    expect(whole.length).toBeGreaterThan(1.8 * rateHz);
    expect(whole.every((sample) => sample === 0)).toBe(true);
    phone.speak(tone(1500, { rateHz, lengthSamples: 2 * rateHz, levelDb: -12 }));
    await clock.advance(1500);
    const echo = phone.heard.subarray(-rateHz);
    expect(toneLevelDb(echo, 1500, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(echo, 300, rateHz)).toBeCloseTo(-18, 0);
    expect(levelDb(whole)).toBeLessThan(-90);
  });
});
