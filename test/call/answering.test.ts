import { describe, expect, it } from 'vitest';
import type { AgentCommand, AgentFactory } from '../../src/agent/agent.ts';
import { toneLevelDb } from '../support/audio.ts';
import { ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const rateHz = 8000;

async function ring(...answer: readonly AgentCommand[]) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent((event, host) => {
    if (event.kind === 'ringing' && answer.length > 0) host.submit(answer);
  });
  const factory: AgentFactory = Object.assign((...host: Parameters<AgentFactory>) => agent.factory(...host), {
    answersItself: true,
  });
  const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(factory)] });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception');
  await clock.advance(500);
  return { clock, agent, house, phone };
}

describe('a call that its agent answers itself', () => {
  it('rings until the agent answers; its session starts then', async () => {
    const { clock, agent, phone } = await ring();
    await clock.advance(3000);
    expect([phone.isTalking, phone.statusCode]).toEqual([false, 180]);
    expect(agent.told).toEqual(['ringing']);
    expect(agent.host?.session.signalling).toMatchObject({
      requestUri: 'sip:reception@192.0.2.1',
      remoteAddress: '192.0.2.2:5060',
    });
    agent.host?.submit([{ kind: 'answer' }]);
    await clock.advance(200);
    expect(phone.isTalking).toBe(true);
    expect(agent.told).toEqual(['ringing', 'started']);
  });

  it('is answered by what needs an answer, and loses none of it', async () => {
    const { clock, agent, phone } = await ring(say('tone 440 1000'));
    await clock.advance(200);
    expect(phone.isTalking).toBe(true);
    expect(toneLevelDb(phone.heard.subarray(-0.3 * rateHz), 440, rateHz)).toBeCloseTo(-12, 0);
    expect(agent.told.slice(0, 2)).toEqual(['ringing', 'started']);
    await clock.advance(1000);
    expect(agent.events.at(-1)).toMatchObject({ kind: 'spoken', cut: undefined });
  });

  it('lets the caller hear the agent before it is answered', async () => {
    const { clock, agent, phone } = await ring({ kind: 'answer-early' }, say('tone 440 2000'));
    await clock.advance(700);
    expect([phone.isTalking, phone.statusCode]).toEqual([false, 183]);
    expect(toneLevelDb(phone.heard.subarray(-0.4 * rateHz), 440, rateHz)).toBeCloseTo(-12, 0);
    agent.host?.submit([{ kind: 'answer' }]);
    await clock.advance(300);
    expect(phone.isTalking).toBe(true);
    expect(agent.told).toContain('started');
    expect(toneLevelDb(phone.heard.subarray(-0.2 * rateHz), 440, rateHz)).toBeCloseTo(-12, 0);
  });

  it('is declined with the status and headers the agent wants, but none of the house', async () => {
    const { clock, agent, phone, house } = await ring({
      kind: 'decline',
      statusCode: 486,
      reason: 'Lunch',
      headers: { 'X-Why': 'lunch', Via: 'SIP/2.0/UDP evil' },
    });
    await clock.advance(200);
    expect(phone.statusCode).toBe(486);
    expect(agent.told).toEqual(['ringing', 'ended']);
    expect(house.metrics.counts).toMatchObject({ 'refused 486': 1 });
    expect(house.switchboard.activeCalls).toBe(0);
  });

  it('that nobody answers within a minute is unavailable', async () => {
    const { clock, agent, phone } = await ring();
    await clock.advance(59_000);
    expect(phone.endedBy).toBeUndefined();
    await clock.advance(1000);
    expect(phone.statusCode).toBe(480);
    expect(agent.told).toEqual(['ringing', 'ended']);
  });

  it('is over when the caller gives up', async () => {
    const { clock, agent, phone, house } = await ring();
    phone.hangUp();
    await clock.advance(200);
    expect(agent.events).toEqual([{ kind: 'ringing' }, { kind: 'ended', cause: 'caller-hung-up' }]);
    expect(agent.closed).toBe(true);
    expect(house.switchboard.activeCalls).toBe(0);
  });

  it('is answered for the announcement when the agent fails', async () => {
    const { clock, agent, phone } = await ring();
    agent.host?.fail('unreachable');
    await clock.advance(300);
    expect(phone.isTalking).toBe(true);
    expect(toneLevelDb(phone.heard.subarray(-0.2 * rateHz), 600, rateHz)).toBeCloseTo(-12, 0);
    await clock.advance(1000);
    expect(phone.endedBy).toBe('remote');
  });

  it.each(['two\r\nX-Evil: 1', 'bell \u0007'])(
    'is declined for a reason of more than a line: %j',
    async (reason) => {
      const { clock, phone } = await ring({ kind: 'decline', statusCode: 486, reason });
      await clock.advance(200);
      expect(phone.statusCode).toBe(486);
    },
  );

  it('ends when its agent hangs up, whatever else was asked for before', async () => {
    const listen = {
      kind: 'listen',
      provider: undefined,
      languages: undefined,
      vocabulary: undefined,
    } as const;
    const { clock, agent, phone } = await ring(
      { ...listen, endOfTurnSilenceMs: undefined, isOn: true },
      { kind: 'hang-up' },
    );
    await clock.advance(500);
    expect(phone.statusCode).toBe(480);
    expect(agent.told).toEqual(['ringing', 'ended']);
  });

  it('is ended where its agent declines what it has answered just before', async () => {
    const { clock, agent, phone } = await ring({ kind: 'answer' }, { kind: 'decline', statusCode: 603 });
    await clock.advance(1000);
    expect(phone.endedBy).toBe('remote');
    expect(agent.told.at(-1)).toBe('ended');
  });
});
