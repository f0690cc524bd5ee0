/** Callers who come through Kamailio, and are passed on through it to a carrier, as `examples/kamailio` has it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { freePort } from '../support/free-port.ts';
import { Kamailio } from '../support/kamailio.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp } from '../support/sipp.ts';
import { UdpUserAgent } from '../support/udp-user-agent.ts';

const allWell = { successful: 1, failed: 0, complaints: '' };

describe.skipIf(!peersPresent('sipp', 'kamailio'))('a caller who is passed on through Kamailio', () => {
  let app: AiFlowApp;
  let node: RunningSwitch;
  let kamailio: Kamailio;
  let carrier: number;
  let timeoutS: number | undefined;

  beforeAll(async () => {
    app = await AiFlowApp.listen(({ type }) => {
      if (type !== 'session_start') return undefined;
      // Who comes back is hung up on.
      if (app.types.filter((it) => it === 'session_start').length > 1) return { type: 'hangup' };
      return { type: 'transfer', target_phone_number: '49301234567', ...(timeoutS && { timeout: timeoutS }) };
    });
    carrier = await freePort();
    const port = await freePort();
    node = await RunningSwitch.start({
      flows: { app: { agent: { kind: 'ai-flow', url: app.webhookUrl } } },
      trunks: [
        {
          name: 'proxy',
          addresses: ['127.0.0.1'],
          outbound: { uri: `sip:127.0.0.1:${port}`, domain: 'carrier.example' },
        },
      ] as object,
      outbound: { allow: ['49*'], routes: [{ number: '*', trunk: 'proxy' }] },
    });
    kamailio = await Kamailio.start([node.sipPort], { port, carrier });
  }, 60_000);
  afterAll(async () => {
    await node.idle();
    expect(await node.metric('patchbay_outbound_calls_active')).toBe(0);
    expect(await node.stop()).toBe(0);
    expect(node.strayOutput).toEqual([]);
    await kamailio.stop();
    await app.close();
  });

  /** SIPp as the carrier, and a caller of ours. */
  async function place(scenario: string, timeout?: number) {
    timeoutS = timeout;
    app.events.length = 0;
    const keys = { audio_port: 9 };
    const callee = runSipp({ scenario, port: 9, number: 'x', localPort: carrier, withinS: 30, keys });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const caller = await UdpUserAgent.open();
    caller.act((userAgent, nowMs) => {
      const target = `sip:app@127.0.0.1:${kamailio.port}`;
      const from = '<sip:+4915790000687@phone.example>';
      const call = { target, from, flow: caller.flowTo(kamailio.port), sdp: OFFER };
      return userAgent.invite(call, nowMs).outputs;
    });
    const { session } = await caller.told('answered');
    const hangUp = () => caller.act((userAgent, nowMs) => userAgent.hangUp(session, {}, nowMs));
    return { callee, caller, hangUp };
  }

  it('is answered there; when the caller hangs up the other is hung up on', async () => {
    const { callee, caller, hangUp } = await place('callee-answers', 20);
    const joined = () => node.metric('patchbay_transfers_total', 'outcome="joined"');
    for (let wait = 0; wait < 200 && (await joined()) === 0; wait++)
      await new Promise((resolve) => setTimeout(resolve, 50));
    hangUp();
    expect(await callee).toMatchObject(allWell);
    await app.waitFor('session_end');
    expect(app.types).toEqual(['session_start', 'session_end']);
    await caller.close();
  });

  it('is hung up on when the other hangs up', async () => {
    const { callee, caller } = await place('callee-hangs-up-through-proxy');
    expect(await caller.told('ended')).toMatchObject({ by: 'remote' });
    expect(await callee).toMatchObject(allWell);
    await app.waitFor('session_end');
    expect(app.types).toEqual(['session_start', 'session_end']);
    await caller.close();
  });

  it('comes back to the agent when the other is busy', async () => {
    const { callee, caller } = await place('callee-busy', 20);
    expect(await callee).toMatchObject(allWell);
    expect(await caller.told('ended')).toMatchObject({ by: 'remote' });
    await app.waitFor('session_end');
    expect(app.types).toEqual(['session_start', 'session_start', 'session_end']);
    await caller.close();
  });
});

const OFFER =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n' +
  'm=audio 9 RTP/AVP 0\r\na=sendrecv\r\n';
