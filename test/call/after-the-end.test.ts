/** What an agent asks for in the same breath as, or behind, the end of the call. */
import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { outboundRules, outboundTrunks } from '../support/outbound.ts';
import { ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const hangUp: AgentCommand = { kind: 'hang-up' };
const transfer: AgentCommand = {
  kind: 'transfer',
  target: '49301234567',
  callerIdName: undefined,
  callerIdNumber: undefined,
  timeoutMs: 20_000,
};
const connect: AgentCommand = {
  kind: 'connect',
  connectionId: 1,
  targets: [{ to: '49301234567' }],
  callerIdName: undefined,
  callerIdNumber: undefined,
  ringTimeoutMs: 20_000,
  longestMs: undefined,
  whileRinging: 'ringback',
};

async function place() {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const asked: string[] = [];
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(agent.factory)],
    trunks: outboundTrunks(),
    outbound: { rules: outboundRules() },
    synthesizer: {
      async *synthesize({ script }) {
        asked.push(script.text);
        yield { samples: new Int16Array(1600), rateHz: 16_000 };
      },
    },
  });
  const caller = new SimulatedPhone({ clock, network, address: '192.0.2.2', seed: 2 });
  const callee = new SimulatedPhone({ clock, network, address: '192.0.2.50', seed: 3 });
  await caller.call('reception');
  await clock.advance(500);
  return { clock, agent, house, caller, callee, asked };
}

describe('an agent that goes on after it has hung up', () => {
  it.each([
    ['passes nobody on', transfer],
    ['connects nobody', connect],
  ])('%s', async (_, command) => {
    const { clock, agent, house, caller, callee } = await place();
    agent.host?.submit([hangUp, command]);
    await clock.advance(2000);
    expect(caller.endedBy).toBe('remote');
    expect(callee.invited).toBeUndefined();
    expect(house.switchboard.outboundCalls).toBe(0);
  });

  it('is given no speech', async () => {
    const { clock, agent, asked } = await place();
    agent.host?.submit([hangUp, say('too late')]);
    await clock.advance(2000);
    expect(asked).toEqual([]);
  });
});

describe('a call of ours that is called off before it is made', () => {
  it.each([
    ['by the end of the caller’s call', [transfer, hangUp]],
    ['by the end of the connection', [connect, { kind: 'disconnect', connectionId: 1 }]],
    ['by the end of the caller’s call, of a connection', [connect, hangUp]],
  ] as [string, AgentCommand[]][])('rings nobody and counts no longer: %s', async (_, batch) => {
    const { clock, agent, house, callee } = await place();
    agent.host?.submit(batch);
    await clock.advance(2000);
    expect(callee.invited).toBeUndefined();
    expect(house.switchboard.outboundCalls).toBe(0);
  });
});
