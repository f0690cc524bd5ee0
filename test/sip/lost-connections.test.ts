/** CVE-2020-28327: calls over TCP whose sender is gone before they are answered, or in between. */
import { describe, expect, it } from 'vitest';
import type { Flow } from '../../src/sip/flow.ts';
import { peerFlow, ScriptedPeer } from '../support/scripted-peer.ts';
import { inviteText } from '../support/sip-text.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n';
const overTcp: Flow = { ...peerFlow, transport: 'tcp', connectionId: 7 };
const changes = (n: number) => ({
  Via: `SIP/2.0/TCP 192.0.2.1;branch=z9hG4bKburst${n}`,
  'Call-ID': `burst-${n}`,
  Contact: '<sip:gone@192.0.2.1:9;transport=tcp>',
});

describe('INVITEs in a burst over a connection that is gone at once', () => {
  it.each(['before', 'after'] as const)(
    'leave nothing behind, though they are answered: gone %s that',
    (when) => {
      const peer = new ScriptedPeer();
      for (let n = 0; n < 100; n++) peer.says(inviteText(changes(n)), overTcp);
      const gone = (): void => peer.act((userAgent, nowMs) => userAgent.handleTransportError(overTcp, nowMs));
      if (when === 'before') gone();
      for (const event of [...peer.events])
        if (event.kind === 'incoming-call')
          peer.act((userAgent, nowMs) => userAgent.answer(event.session, SDP, nowMs));
      if (when === 'after') gone();
      peer.run(32_000 + 32_000 + 5000);
      expect([peer.userAgent.sessions, peer.userAgent.transactions]).toEqual([0, 0]);
      expect(peer.events.filter(({ kind }) => kind === 'incoming-call')).toHaveLength(100);
      expect(peer.events.filter(({ kind }) => kind === 'ended')).toHaveLength(100);
    },
  );
});
