import { describe, expect, it } from 'vitest';
import type { AgentCommand } from '../../src/agent/agent.ts';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { SimulatedPhone } from '../support/simulated-phone.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const keys: AgentCommand = { kind: 'send-digits', digits: '12', durationMs: 240 };

async function talking(sdp?: string) {
  const clock = new VirtualClock();
  const network = new VirtualNetwork(clock);
  const agent = new ScriptedAgent();
  const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(agent.factory)] });
  const phone = new SimulatedPhone({ clock, network });
  await phone.call('reception', sdp === undefined ? {} : { sdp });
  await clock.advance(500);
  expect(agent.told).toEqual(['started']);
  return { clock, agent, house, phone };
}

describe('keys that an agent presses', () => {
  it('reach the telephone, as long as the agent wants', async () => {
    const { clock, agent, phone } = await talking();
    agent.host?.submit([keys]);
    await clock.advance(1000);
    expect(phone.pressed).toEqual(['1 240', '2 240']);
  });

  it('are left out where the telephone takes none, and the log says so', async () => {
    const sdp =
      'v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';
    const { clock, agent, house, phone } = await talking(sdp);
    agent.host?.submit([keys]);
    await clock.advance(1000);
    expect(phone.pressed).toEqual([]);
    expect(house.log.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'the other side takes no telephone events: keys are left out',
      }),
    );
  });
});
