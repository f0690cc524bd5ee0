/** Calls of ours to SIPp, where things happen that no well-behaved telephone does: our user agent, over UDP in real time. */
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { peersPresent } from '../support/peers.ts';
import { runSipp, type SippResult } from '../support/sipp.ts';
import { UdpUserAgent } from '../support/udp-user-agent.ts';

const allWell = { successful: 1, failed: 0, complaints: '' };
const sdp = (version: number, direction = 'sendrecv'): string =>
  `v=0\r\no=- 1 ${version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\na=${direction}\r\n`;

let ours: UdpUserAgent | undefined;
afterEach(() => ours?.close());

async function call(scenario: string): Promise<{ ours: UdpUserAgent; callee: Promise<SippResult> }> {
  const port = await freePort();
  const callee = runSipp({ scenario, port: 9, number: 'x', localPort: port, withinS: 20 });
  // It says nothing when it listens; an INVITE that comes too early is repeated.
  ours = await UdpUserAgent.open();
  const it = ours;
  const target = `sip:phone@127.0.0.1:${port}`;
  const from = `<sip:switch@127.0.0.1:${it.port}>`;
  await new Promise((resolve) => setTimeout(resolve, 300));
  it.act((userAgent, nowMs) => {
    return userAgent.invite({ target, from, flow: it.flowTo(port), sdp: sdp(1) }, nowMs).outputs;
  });
  await it.told('answered');
  return { ours: it, callee };
}

describe.skipIf(!peersPresent('sipp'))('a call of ours to SIPp', () => {
  it('that is answered by two is held with the first; the second is acknowledged and hung up on', async () => {
    const { ours, callee } = await call('callee-forks');
    await expect
      .poll(() => ours.wire.filter((text) => text.startsWith('BYE sip:two@')).length, { timeout: 5000 })
      .toBe(1);
    expect(ours.events.filter(({ kind }) => kind === 'ended')).toEqual([]);
    ours.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    expect(await callee).toMatchObject(allWell);
    expect(ours.events.filter(({ kind }) => kind === 'ended')).toMatchObject([{ by: 'local' }]);
  });

  it('in which both offer anew at once has each refused 491, and ours made again', async () => {
    const { ours, callee } = await call('callee-glare');
    ours.act((userAgent, nowMs) => userAgent.reinvite(1, sdp(2, 'sendonly'), nowMs));
    expect((await ours.told('reinvite-answered')).answer).toContain('a=recvonly');
    ours.act((userAgent, nowMs) => userAgent.hangUp(1, {}, nowMs));
    expect(await callee).toMatchObject(allWell);
    expect(ours.events.filter(({ kind }) => kind === 'reoffer')).toEqual([]);
  });
});
