/** Callers who are passed on to SIPp, by the running process, with an app that is told of it over a WebSocket. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp, type SippResult } from '../support/sipp.ts';
import { UdpPhone } from '../support/udp-phone.ts';
import { UdpUserAgent } from '../support/udp-user-agent.ts';

const rateHz = 8000;
const allWell = { successful: 1, failed: 0, complaints: '' };

describe.skipIf(!peersPresent('sipp'))('a caller who is passed on to SIPp', () => {
  let app: AiFlowApp;
  let running: RunningSwitch;
  let calleePort: number;
  let timeoutS: number | undefined;
  const phones: UdpPhone[] = [];
  const callers: UdpUserAgent[] = [];

  beforeAll(async () => {
    app = await AiFlowApp.listen(({ type, session }) => {
      const starts = app.events.filter(
        (it) => it.type === 'session_start' && it.session['id'] === session['id'],
      );
      if (type !== 'session_start' || starts.length > 1) return undefined;
      return { type: 'transfer', target_phone_number: '49301234567', ...(timeoutS && { timeout: timeoutS }) };
    });
    calleePort = await freePort();
    running = await RunningSwitch.start({
      flows: { app: { agent: { kind: 'ai-flow', url: app.webSocketUrl }, phoneNumber: '4921155660' } },
      trunks: [
        {
          name: 'carrier',
          addresses: ['127.0.0.1'],
          outbound: { uri: `sip:127.0.0.1:${calleePort}`, domain: 'carrier.example' },
        },
      ] as object,
      outbound: { allow: ['49*'], routes: [{ number: '*', trunk: 'carrier', strip: 2, prefix: '0' }] },
    });
  });
  afterEach(async () => {
    for (const phone of phones.splice(0)) phone.close();
    for (const caller of callers.splice(0)) await caller.close();
    app.events.length = 0;
  });
  afterAll(async () => {
    await running.idle();
    expect(await running.metric('patchbay_outbound_calls_active')).toBe(0);
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
    await app.close();
  });

  async function phoneSaying(hz: number): Promise<UdpPhone> {
    const phone = await UdpPhone.open(tone(hz, { rateHz, lengthSamples: rateHz, levelDb: -12 }));
    phones.push(phone);
    return phone;
  }

  /** SIPp as the one who is called, and a caller of ours. */
  async function place(scenario: string, options: { timeout?: number; audioPort?: number } = {}) {
    timeoutS = options.timeout;
    const callee: Promise<SippResult> = runSipp({
      scenario,
      port: 9,
      number: 'x',
      localPort: calleePort,
      withinS: 30,
      keys: { audio_port: options.audioPort ?? 9 },
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ears = await phoneSaying(600);
    const caller = await UdpUserAgent.open();
    callers.push(caller);
    caller.act((userAgent, nowMs) => {
      const flow = caller.flowTo(running.sipPort);
      const target = `sip:app@127.0.0.1:${running.sipPort}`;
      return userAgent.invite(
        { target, from: '<sip:+4915790000687@phone.example>', flow, sdp: offer(ears.port) },
        nowMs,
      ).outputs;
    });
    const { session, answer = '' } = await caller.told('answered');
    ears.talkTo(Number(/m=audio (\d+)/.exec(answer)?.[1]));
    const hangUp = () => caller.act((userAgent, nowMs) => userAgent.hangUp(session, {}, nowMs));
    return { callee, caller, ears, hangUp };
  }

  /** How loud a tone is in what a phone heard last. */
  const level = (phone: UdpPhone, hz: number) => toneLevelDb(phone.heardSamples(-40), hz, rateHz);

  it('hears ringing, then the other, and is heard; both are hung up, and the app hears of it once', async () => {
    const desk = await phoneSaying(1000);
    const { callee, ears, hangUp } = await place('callee-answers', { timeout: 20, audioPort: desk.port });
    await waitFor(() => ears.heard.length > 45);
    expect(level(ears, 425)).toBeGreaterThan(-25);
    await waitFor(() => desk.heardFromPort !== undefined);
    desk.talkTo(desk.heardFromPort!);
    const from = ears.heard.length;
    await waitFor(() => ears.heard.length > from + 100);
    expect(level(ears, 1000)).toBeCloseTo(-12, 0);
    expect(level(desk, 600)).toBeCloseTo(-12, 0);
    expect(level(ears, 425)).toBeLessThan(-50);
    hangUp();
    expect(await callee).toMatchObject(allWell);
    await app.waitFor('session_end');
    expect(app.types).toEqual(['session_start', 'session_end']);
  });

  it('is hung up on when the other hangs up', async () => {
    const { callee, caller } = await place('callee-hangs-up', { audioPort: 9 });
    expect(await caller.told('ended')).toMatchObject({ by: 'remote' });
    expect(await callee).toMatchObject(allWell);
    await app.waitFor('session_end');
    expect(app.types).toEqual(['session_start', 'session_end']);
  });

  it.each(['callee-busy', 'callee-declines'])(
    'comes back to the app, as the same session: %s',
    async (scenario) => {
      const { callee, caller, hangUp } = await place(scenario, { timeout: 20 });
      const again = await app.waitFor('session_start', { count: 2 });
      expect(again.session).toEqual(app.events[0]!.session);
      expect(caller.events.some(({ kind }) => kind === 'ended')).toBe(false);
      expect(await callee).toMatchObject(allWell);
      hangUp();
      await app.waitFor('session_end');
      expect(app.types).toEqual(['session_start', 'session_start', 'session_end']);
    },
  );

  it('comes back when nobody answers in time, and SIPp is told to stop ringing', async () => {
    const { callee, hangUp } = await place('callee-rings', { timeout: 5 });
    await app.waitFor('session_start', { count: 2, withinMs: 8000 });
    expect(await callee).toMatchObject(allWell);
    hangUp();
    await app.waitFor('session_end');
  });

  it('who hangs up while it rings is not waited for: SIPp is told to stop ringing', async () => {
    const { callee, ears, hangUp } = await place('callee-rings', { timeout: 20 });
    await waitFor(() => ears.heard.length > 40);
    hangUp();
    expect(await callee).toMatchObject(allWell);
    await app.waitFor('session_end');
    expect(app.types).toEqual(['session_start', 'session_end']);
  });

  it('is hung up on when the other is busy and the app waits for nobody', async () => {
    const { callee, caller } = await place('callee-busy');
    expect(await caller.told('ended')).toMatchObject({ by: 'remote' });
    expect(await callee).toMatchObject(allWell);
    expect(await running.metric('patchbay_outbound_calls_total', 'outcome="busy"')).toBeGreaterThan(0);
  });
});

function offer(port: number): string {
  return (
    'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n' +
    `m=audio ${port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n`
  );
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (const untilMs = performance.now() + 10_000; !condition(); ) {
    if (performance.now() > untilMs) throw new Error('it did not come to that in ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
