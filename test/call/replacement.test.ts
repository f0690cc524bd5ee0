import { describe, expect, it } from 'vitest';
import { ScriptedAgent } from '../support/scripted-agent.ts';
import { SimulatedSwitch, simulatedFlow } from '../support/simulated-switch.ts';
import { requestText } from '../support/sip-text.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { VirtualNetwork } from '../support/virtual-network.ts';

const HOUSE = { address: '192.0.2.1', port: 5060 };
const PHONE = { address: '192.0.2.2', port: 5060 };
const SDP =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 9000 RTP/AVP 8\r\n';

describe('a call with Replaces', () => {
  it('takes the place of the one it names: once it stands, that one is hung up', async () => {
    const clock = new VirtualClock();
    const network = new VirtualNetwork(clock);
    const agent = new ScriptedAgent();
    const house = new SimulatedSwitch({ clock, network, flows: [simulatedFlow(agent.factory)] });
    const received: string[] = [];
    network.bind(PHONE, (datagram) => received.push(Buffer.from(datagram).toString()));
    const send = (method: string, callId: string, changes: Record<string, string>, body = ''): void => {
      const Via = `SIP/2.0/UDP 192.0.2.2;rport;branch=z9hG4bK${callId}${method}`;
      const Contact = '<sip:phone@192.0.2.2:5060>';
      const headers = { 'Call-ID': callId, Via, Contact, 'Content-Type': 'application/sdp', ...changes };
      const text = requestText(`${method} sip:reception@192.0.2.1 SIP/2.0`, method, headers, body);
      network.send(Buffer.from(text), PHONE, HOUSE);
    };
    /** Calls and acknowledges; gives our tag. */
    const call = async (callId: string, changes: Record<string, string> = {}): Promise<string> => {
      send('INVITE', callId, changes, SDP);
      await clock.advance(100);
      const ok = received.find(
        (text) => text.startsWith('SIP/2.0 200') && text.includes(`Call-ID: ${callId}\r`),
      );
      const to = /^To: (.*)\r$/m.exec(ok ?? '')?.[1] ?? '';
      send('ACK', callId, { To: to });
      await clock.advance(100);
      return to.split('tag=')[1] ?? '';
    };

    const tag = await call('first');
    expect(house.switchboard.activeCalls).toBe(1);
    await call('second', { Replaces: `first;to-tag=${tag};from-tag=1928301774` });
    const byes = received.filter((text) => text.startsWith('BYE '));
    expect(byes).toHaveLength(1);
    expect(byes[0]).toContain('\r\nCall-ID: first\r\n');
    expect(byes[0]).toContain('Reason: SIP;cause=200;text="Replaced"');
    expect(house.switchboard.activeCalls).toBe(1);
    expect(agent.told.filter((kind) => kind === 'ended')).toHaveLength(1);
  });
});
