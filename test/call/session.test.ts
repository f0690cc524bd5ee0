import { describe, expect, it } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import type { CallFlow } from '../../src/call/flow.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { loop, play, ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, type SimulatedSwitchOptions, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;

/** A phone that has called the agent's flow; a second has passed. */
async function talk(
  agent: ScriptedAgent,
  flow: Partial<CallFlow> = {},
  options: Partial<SimulatedSwitchOptions> = {},
) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const flows = [simulatedFlow(agent.factory, flow)];
  const house = new SimulatedSwitch({ clock, network, flows, ...options });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception');
  await clock.advance(1000);
  return { clock, house, phone };
}

/** What the phone heard in the last so many milliseconds. */
function latest(phone: SimulatedPhone, ms: number): Int16Array {
  return phone.heard.subarray(-ms * (rateHz / 1000));
}

function toneWav(frequencyHz: number, lengthMs: number, wavRateHz = 16_000): Uint8Array {
  const lengthSamples = (lengthMs * wavRateHz) / 1000;
  return serializeWav(tone(frequencyHz, { rateHz: wavRateHz, lengthSamples, levelDb: -12 }), wavRateHz);
}

describe('a session', () => {
  it('tells the agent that it has started, once the caller has acknowledged the answer', async () => {
    const agent = new ScriptedAgent();
    const { house } = await talk(agent);
    expect(agent.told).toEqual(['started']);
    expect(agent.host?.session).toMatchObject({
      direction: 'inbound',
      from: '+4915790000687',
      to: 'reception',
    });
    expect(house.switchboard.activeCalls).toBe(1);
  });

  it('speaks what the agent says, and tells its length and its end', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([say('tone 440 1500')]);
    });
    const { clock, phone } = await talk(agent);
    await clock.advance(200);
    expect(toneLevelDb(latest(phone, 400), 440, rateHz)).toBeCloseTo(-12, 0);
    expect(agent.told).toEqual(['started', 'speaking']);
    await clock.advance(1000);
    expect(agent.told).toEqual(['started', 'speaking', 'spoken']);
    const speaking = agent.events.find((event) => event.kind === 'speaking');
    expect(speaking).toMatchObject({ durationMs: 1500, script: { text: 'tone 440 1500' } });
    expect(speaking?.startedAtMs).toBeGreaterThan(Date.UTC(2026, 0, 1) - 1);
    await clock.advance(500);
    expect(levelDb(latest(phone, 400))).toBeLessThan(-80);
  });

  it('plays speech and sounds one after the other in the order they were asked for', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') {
        host.submit([say('tone 440 500'), play(toneWav(1000, 500, 44_100)), say('tone 700 500')]);
      }
    });
    const { clock, phone } = await talk(agent);
    await clock.advance(1500);
    const heard = phone.heard;
    const at = (ms: number) => heard.subarray(ms * 8, (ms + 250) * 8);
    const start = heard.findIndex((sample) => Math.abs(sample) > 1000) / 8;
    expect(toneLevelDb(at(start + 150), 440, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(at(start + 650), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(at(start + 1150), 700, rateHz)).toBeCloseTo(-12, 0);
    expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(3);
    expect(agent.told.filter((kind) => kind === 'speaking')).toHaveLength(2);
  });

  it('hangs up behind the goodbye of the same batch, not through it', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([say('tone 440 2000'), { kind: 'hang-up' }]);
    });
    const { clock, phone } = await talk(agent);
    expect(phone.isTalking).toBe(true);
    await clock.advance(1500);
    expect(phone.endedBy).toBe('remote');
    const samples = phone.heard.filter((sample) => Math.abs(sample) > 100).length;
    expect(samples / rateHz).toBeGreaterThan(1.8);
    expect(agent.events.at(-1)).toEqual({ kind: 'ended', cause: 'agent-hung-up' });
    expect(agent.closed).toBe(true);
  });

  it('hangs up at once when asked to alone, cutting what plays', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([say('tone 440 5000')]);
    });
    const { clock, phone } = await talk(agent);
    agent.host?.submit([{ kind: 'hang-up' }]);
    await clock.advance(100);
    expect(phone.endedBy).toBe('remote');
  });

  it('forgets the goodbye and its hang-up when the agent interrupts itself', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([say('tone 440 3000'), { kind: 'hang-up' }]);
      if (event.kind === 'digit') host.submit([{ kind: 'interrupt' }, say('tone 1000 1000')]);
    });
    const { clock, phone } = await talk(agent);
    phone.press('5');
    await clock.advance(600);
    expect(toneLevelDb(latest(phone, 200), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(latest(phone, 200), 440, rateHz)).toBeLessThan(-60);
    await clock.advance(5000);
    expect(phone.isTalking).toBe(true);
    expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(2);
  });

  it('gives no end for what was queued and never heard', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started')
        host.submit([say('tone 440 3000'), say('tone 700 3000'), say('tone 900 3000')]);
    });
    const { clock } = await talk(agent);
    agent.host?.submit([{ kind: 'interrupt' }]);
    await clock.advance(2000);
    expect(agent.told.filter((kind) => kind === 'spoken')).toHaveLength(1);
  });

  it('runs the ambience under the voice and through the silences, and stops it when told', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([loop(toneWav(300, 1000), 0.5), say('tone 1000 1000')]);
    });
    const { clock, phone } = await talk(agent);
    expect(toneLevelDb(latest(phone, 400), 300, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(latest(phone, 400), 1000, rateHz)).toBeCloseTo(-12, 0);
    await clock.advance(3000);
    expect(toneLevelDb(latest(phone, 1000), 300, rateHz)).toBeCloseTo(-18, 0);
    agent.host?.submit([loop(undefined, 0.25)]);
    await clock.advance(1000);
    expect(toneLevelDb(latest(phone, 500), 300, rateHz)).toBeCloseTo(-24, 0);
    agent.host?.submit([{ kind: 'stop-loop', track: 'ambience' }]);
    await clock.advance(1000);
    expect(levelDb(latest(phone, 500))).toBeLessThan(-80);
  });

  it('keeps the ambience through an interruption', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([loop(toneWav(300, 1000), 0.5), say('tone 1000 5000')]);
    });
    const { clock, phone } = await talk(agent);
    agent.host?.submit([{ kind: 'interrupt' }]);
    await clock.advance(1000);
    expect(toneLevelDb(latest(phone, 800), 300, rateHz)).toBeCloseTo(-18, 0);
    expect(toneLevelDb(latest(phone, 800), 1000, rateHz)).toBeLessThan(-60);
  });

  it("puts a flow's own ambience behind the call from its first second", async () => {
    const agent = new ScriptedAgent();
    const { phone } = await talk(agent, { ambience: { sound: toneWav(300, 1000), gain: 0.3 } });
    expect(toneLevelDb(latest(phone, 500), 300, rateHz)).toBeCloseTo(-22.5, 0);
  });

  it('goes on when a sound cannot be decoded, with one warning', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started')
        host.submit([play(new TextEncoder().encode('<html>')), say('tone 440 500')]);
    });
    const { clock, house } = await talk(agent);
    await clock.advance(1000);
    expect(agent.told).toEqual(['started', 'spoken', 'speaking', 'spoken']);
    expect(house.log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { reason: 'not-wav' } },
    ]);
  });

  it('tells the end of an utterance that could not be spoken, so that the agent goes on', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([say('mute'), say('tone 440 500')]);
    });
    const { clock, house } = await talk(agent);
    await clock.advance(1000);
    expect(agent.told).toEqual(['started', 'spoken', 'speaking', 'spoken']);
    expect(house.metrics.counts['speech failed']).toBe(1);
  });

  it('drops commands that come after the end, and says so', async () => {
    const agent = new ScriptedAgent();
    const { clock, phone, house } = await talk(agent);
    phone.hangUp();
    await clock.advance(100);
    agent.host?.submit([say('tone 440 1000')]);
    expect(agent.told).toEqual(['started', 'ended']);
    expect(house.log.lines.at(-1)?.message).toMatch(/session that has ended/);
  });

  it('speaks its announcement and hangs up when the agent cannot be reached', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.fail('unreachable');
    });
    const { clock, phone, house } = await talk(agent, { fallbackAnnouncement: 'tone 600 1000' });
    expect(toneLevelDb(latest(phone, 500), 600, rateHz)).toBeCloseTo(-12, 0);
    await clock.advance(1000);
    expect(phone.endedBy).toBe('remote');
    expect(house.metrics.counts).toMatchObject({ 'agent unreachable': 1, 'ended agent-failed': 1 });
  });

  it('hangs up at once when the agent fails and there is no announcement', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.fail('refused');
    });
    const { phone } = await talk(agent, { fallbackAnnouncement: '' });
    expect(phone.endedBy).toBe('remote');
  });

  it('hears digits as telephone events and as INFO', async () => {
    const agent = new ScriptedAgent();
    const { clock, phone } = await talk(agent);
    phone.press('1#');
    await clock.advance(1000);
    phone.info('application/dtmf-relay', 'Signal=7\r\nDuration=160\r\n');
    await clock.advance(100);
    const digits = agent.events.flatMap((event) => (event.kind === 'digit' ? [event.digit] : []));
    expect(digits).toEqual(['1', '#', '7']);
  });

  it('does not make minutes of speech ahead of what is heard', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([say('tone 440 120000')]);
    });
    const { clock, house } = await talk(agent);
    const madeMs = () =>
      house.media.legs[0]!.commands.filter((command) => command.kind === 'stream-samples').reduce(
        (sum, { samples }) => sum + samples.length / 16,
        0,
      );
    expect(madeMs()).toBeLessThan(35_000);
    await clock.advance(20_000);
    expect(madeMs()).toBeGreaterThan(45_000);
    expect(madeMs()).toBeLessThan(55_000);
  });

  it('makes no speech ahead for as long as a hold lasts, and goes on when it is over', async () => {
    const agent = new ScriptedAgent((event, host) => {
      if (event.kind === 'started') host.submit([say('tone 440 120000')]);
    });
    const { clock, house, phone } = await talk(agent);
    const madeMs = () =>
      house.media.legs[0]!.commands.filter((command) => command.kind === 'stream-samples').reduce(
        (sum, { samples }) => sum + samples.length / 16,
        0,
      );
    phone.reinvite('sendonly');
    await clock.advance(300);
    const atHoldMs = madeMs();
    await clock.advance(60_000);
    expect(madeMs() - atHoldMs).toBeLessThan(1_500);
    phone.reinvite('sendrecv');
    await clock.advance(20_000);
    expect(madeMs() - atHoldMs).toBeGreaterThan(15_000);
    expect(madeMs() - atHoldMs).toBeLessThan(25_000);
    expect(toneLevelDb(latest(phone, 400), 440, rateHz)).toBeCloseTo(-12, 0);
  });
});
