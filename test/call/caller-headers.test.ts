import { describe, expect, it } from 'vitest';
import { wantedSipHeaders } from '../../src/agent/sip-headers.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { trunkDirectory } from '../support/sip-trunks.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const headers = [
  { name: 'P-Asserted-Identity', value: '<sip:+4930999@pbx.example>' },
  { name: 'Diversion', value: '<sip:+4930111@pbx.example>;reason=no-answer' },
  { name: 'X-Customer', value: '4711' },
];

/** What an app that asks for every header is told of a call with these. */
async function toldOver(isTrusted: boolean) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent(() => undefined);
  void new SimulatedSwitch({
    clock,
    network,
    flows: [simulatedFlow(agent.factory)],
    trunks: trunkDirectory({ name: 'pbx', addresses: ['192.0.2.2'], isTrusted }),
  });
  await new SimulatedPhone({ clock, network }).call('reception', { headers });
  await clock.advance(500);
  expect(agent.told).toContain('started');
  return wantedSipHeaders(agent.host!.session, true);
}

describe('the headers of an INVITE', () => {
  it('of a trusted trunk reach the app that asks for them', async () => {
    expect(await toldOver(true)).toEqual(Object.fromEntries(headers.map(({ name, value }) => [name, value])));
  });

  it('of a trunk that is not trusted reach nobody', async () => {
    expect(await toldOver(false)).toBeUndefined();
  });
});
