/** Agents, callers and callees that do anything at any moment: whatever it is, every call ends, and nothing is left over. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { outboundRules } from '../support/outbound.ts';
import { ScriptedAgent, say } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { trunkDirectory } from '../support/sip-trunks.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const addresses = ['192.0.2.2', '192.0.2.50', '192.0.2.51'];
const [number, desk] = ['49301234567', 'sip:desk@192.0.2.51'];
const noCallerId = { callerIdName: undefined, callerIdNumber: undefined };

const transfer = (target: string, timeoutMs: number | undefined): AgentCommand => ({
  ...{ kind: 'transfer', target, ...noCallerId, timeoutMs },
});
const connect = (connectionId: number, targets: readonly string[]): AgentCommand => ({
  ...{ kind: 'connect', connectionId, targets: targets.map((to) => ({ to })), ...noCallerId },
  ...{ ringTimeoutMs: 3000, longestMs: 2000, whileRinging: 'ringback' },
});

const commands: readonly AgentCommand[] = [
  ...[transfer(number, undefined), transfer(desk, 2000), connect(1, [number]), connect(2, [desk, number])],
  ...[say('tone 440 300'), { kind: 'interrupt' }, { kind: 'refer', target: desk }, { kind: 'bridge-echo' }],
  ...[{ kind: 'answer' }, { kind: 'answer-early' }, { kind: 'disconnect', connectionId: 1 }],
  ...[{ kind: 'hang-up' }, { kind: 'decline', statusCode: 486 }],
] as readonly AgentCommand[];

/** What telephones do that have the right call for it; the others cannot, and do not. */
const answers: Readonly<Record<string, (phone: SimulatedPhone) => unknown>> = {
  rings: (phone) => phone.ring(),
  'lets hear its ringing': (phone) => phone.ringWithSound(),
  accepts: (phone) => phone.accept(),
  'is busy': (phone) => phone.refuse(486),
  'is elsewhere': (phone) => phone.refuse(302, [{ name: 'Contact', value: `<${desk}>` }]),
};
const deeds: typeof answers = {
  'hangs up': (phone) => phone.hangUp(),
  holds: (phone) => phone.reinvite('sendonly'),
  resumes: (phone) => phone.reinvite('sendrecv'),
  'presses a key': (phone) => phone.info('application/dtmf-relay', 'Signal=5'),
  'passes on': (phone) => phone.act((userAgent, session, nowMs) => userAgent.refer(session, desk, nowMs)),
};

const step = fc.record({
  pauseMs: fc.constantFrom(0, 0, 1, 20, 300, 700, 2500),
  doing: fc.oneof(
    fc.record({ batch: fc.array(fc.constantFrom(...commands), { minLength: 1, maxLength: 3 }) }),
    fc.record({ phone: fc.constantFrom(1, 2), deed: fc.constantFrom(...Object.values(answers)) }),
    fc.record({ phone: fc.nat(2), deed: fc.constantFrom(...Object.values(deeds)) }),
    fc.constant({ fails: true }),
  ),
});

describe('whatever agents and telephones do', () => {
  it('every call ends once, and leaves neither a leg nor a call of ours nor a bug', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.boolean(), fc.array(step, { maxLength: 12 }), happens),
      { numRuns: 80 },
    );
  });
});

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function happens(answersItself: boolean, isDrained: boolean, steps: readonly Step[]): Promise<void> {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const house = new SimulatedSwitch({
    clock,
    network,
    flows: [
      simulatedFlow(Object.assign(agent.factory, { answersItself }), {
        phoneNumber: '4921155660',
        fallbackTransferTo: number,
      }),
    ],
    trunks: trunkDirectory({ name: 'carrier', addresses, mayRefer: true }),
    outbound: { rules: outboundRules({}, { allow: ['49*', desk] }), limits: { maxConcurrent: 3 } },
  });
  const phones = addresses.map(
    (address, index) =>
      new SimulatedPhone({ clock, network, address, seed: index + 2, portMin: 40_000 + 1000 * index }),
  );
  await phones[0]!.call('reception');
  for (const { pauseMs, doing } of steps) {
    await clock.advance(pauseMs);
    if ('batch' in doing) agent.host?.submit(doing.batch);
    else if ('deed' in doing) await attempt(() => doing.deed(phones[doing.phone]!));
    else agent.host?.fail('unreachable');
  }
  if (!isDrained) for (const phone of phones) await attempt(() => phone.hangUp());
  await clock.advance(500);
  // A telephone that has been given a second call knows no longer of its first.
  void house.switchboard.drain(500);
  await clock.advance(70_000);

  expect(house.switchboard.activeCalls).toBe(0);
  expect(house.switchboard.outboundCalls).toBe(0);
  expect(house.media.legs.filter(({ closed }) => !closed)).toEqual([]);
  expect(agent.told.filter((kind) => kind === 'ended')).toHaveLength(agent.host === undefined ? 0 : 1);
  expect(agent.told.slice(0, -1)).not.toContain('ended');
  const bugs = house.log.lines.filter(({ message }) => message.includes('a bug'));
  expect(bugs).toEqual([]);
}

/** Of a telephone that has no such call, or not yet: that is no matter of the switch. */
async function attempt(deed: () => unknown): Promise<void> {
  try {
    await deed();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
}
