/** Apps that call out and act on calls over the HTTP API: to SIPp, by the running process. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch, type SwitchSections } from '../support/running-switch.ts';
import { runSipp, type SippResult } from '../support/sipp.ts';
import { UdpPhone } from '../support/udp-phone.ts';

const rateHz = 8000;
const allWell = { successful: 1, failed: 0, complaints: '' };
const token = 'token-of-the-app-0123';
const bare = 'token-of-another-flow';
const root = resolve(import.meta.dirname, '../..');
const run = promisify(execFile);

describe.skipIf(!peersPresent('sipp', 'curl'))('an app at the HTTP API', () => {
  let app: AiFlowApp;
  let running: RunningSwitch;
  let calleePort: number;
  const phones: UdpPhone[] = [];

  beforeAll(async () => {
    app = await AiFlowApp.listen();
    calleePort = await freePort();
    running = await RunningSwitch.start(sections(app, calleePort));
  });
  afterEach(() => {
    for (const phone of phones.splice(0)) phone.close();
    app.events.length = 0;
    app.answerTo = () => undefined;
  });
  afterAll(async () => {
    await running.idle();
    expect(await running.metric('patchbay_outbound_calls_active')).toBe(0);
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
    expect(JSON.stringify(running.lines)).not.toContain(token);
    await app.close();
  });

  /** As the SDK's `call` and any HTTP client do. */
  async function post(path: string, body: unknown, bearer = token, at = running) {
    const response = await fetch(`${at.apiUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Answer };
  }
  const dial = (flow = 'app', bearer?: string, at?: RunningSwitch) =>
    post(`/v3/ai-flows/${flow}/call`, { toPhoneNumber: '+49301234567', billingDevice: 'e2' }, bearer, at);
  const act = (session: string, actions: unknown, at?: RunningSwitch) =>
    post(`/v3/ai-flows/sessions/${session}/actions`, actions, token, at);

  /** SIPp as the one who is called, with a phone for its audio. */
  async function callee(scenario: string) {
    const desk = await UdpPhone.open(tone(300, { rateHz, lengthSamples: rateHz, levelDb: -40 }));
    phones.push(desk);
    const sipp: Promise<SippResult> = runSipp({
      ...{ scenario, port: 9, number: 'x', localPort: calleePort, withinS: 45 },
      keys: { audio_port: desk.port },
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { desk, sipp };
  }

  /** What a phone hears from now on, for so long. */
  async function listen(desk: UdpPhone, ms: number): Promise<Int16Array> {
    const from = desk.heard.length;
    await waitFor(() => desk.heard.length >= from + ms / 20);
    return desk.heardSamples(from);
  }

  it('calls somebody, who hears its agent once he answers, and what it is told from outside', async () => {
    app.answerTo = ({ type }) =>
      type === 'session_start' ? { type: 'audio', audio: wavOf(1000, 1) } : undefined;
    const { desk, sipp } = await callee('callee-answers');
    const { status, body } = await dial();
    expect(status).toBe(201);
    const session = body.sessionId;
    // It rings.
    expect((await act(session, { type: 'hangup' })).status).toBe(404);
    expect(app.events).toEqual([]);

    const started = await app.waitFor('session_start');
    expect(started.session).toMatchObject({
      ...{ id: session, direction: 'outbound', phone_number: '4921155660' },
      ...{ from_phone_number: '4921155660', to_phone_number: '49301234567' },
    });
    await waitFor(() => desk.heardFromPort !== undefined);
    desk.talkTo(desk.heardFromPort!);
    await waitFor(() => toneLevelDb(desk.heardSamples(-10), 1000, rateHz) > -20);
    await app.waitFor('assistant_speech_ended');
    expect(await dial()).toMatchObject({ status: 429, body: { error: 'too-many-outbound-calls' } });

    const behind = { type: 'mix_audio', audio: wavOf(600, 2), volume: 0.5 };
    expect(await act(session, behind)).toMatchObject({ status: 202, body: { accepted: 1, mistakes: [] } });
    await waitFor(() => toneLevelDb(desk.heardSamples(-10), 600, rateHz) > -25);
    // Half of -12 dB.
    expect(toneLevelDb(await listen(desk, 400), 600, rateHz)).toBeCloseTo(-18, 0);

    const text = 'This goes on and on and on, and nobody would want to hear all of it to its very end.';
    const spoken = await act(session, [{ type: 'speak', text }, { type: 'dance' }]);
    expect(spoken).toMatchObject({ status: 202, body: { accepted: 1 } });
    expect(spoken.body.mistakes).toEqual([expect.stringContaining('type: found "dance"')]);
    await app.waitFor('assistant_speak');
    const withVoice = levelDb(await listen(desk, 600));
    expect((await act(session, { type: 'barge_in' })).status).toBe(202);
    await app.waitFor('assistant_speech_ended', { count: 2, withinMs: 1000 });
    await listen(desk, 200);
    const without = await listen(desk, 400);
    expect(withVoice).toBeGreaterThan(levelDb(without) + 3);
    expect(toneLevelDb(without, 600, rateHz)).toBeCloseTo(-18, 0);

    const elsewhere = await act(session, { type: 'hangup', session_id: 'another' });
    expect(elsewhere).toMatchObject({ status: 400, body: { error: 'request-invalid', accepted: 0 } });
    expect((await act(session, { type: 'hangup' })).status).toBe(202);
    expect(await sipp).toMatchObject(allWell);
    await app.waitFor('session_end');
    expect(await act(session, { type: 'hangup' })).toMatchObject({
      status: 404,
      body: { error: 'no-session' },
    });
    const line = await running.line((it) => it.msg === 'API request' && it['session'] === session);
    expect(line).toMatchObject({ status: 201, token: 'app', flow: 'app', billingDevice: 'e2' });
  });

  it.each([
    ['callee-busy', 'busy'],
    ['callee-declines', 'rejected'],
  ])('hears nothing of one who does not answer: %s', async (scenario, outcome) => {
    const { sipp } = await callee(scenario);
    const before = await running.metric('patchbay_outbound_calls_total', `outcome="${outcome}"`);
    const { status, body } = await dial();
    expect(status).toBe(201);
    expect(await sipp).toMatchObject(allWell);
    await running.idle();
    expect(await running.metric('patchbay_outbound_calls_total', `outcome="${outcome}"`)).toBe(before + 1);
    expect(app.events).toEqual([]);
    expect((await act(body.sessionId, { type: 'hangup' })).status).toBe(404);
  });

  it('is refused with a wrong token, by flows of others, and where nobody may call', async () => {
    expect(await dial('app', 'no-such-token-at-all')).toMatchObject({ status: 401 });
    expect(await dial('app', bare)).toMatchObject({ status: 404, body: { error: 'no-flow' } });
    expect(await dial('nowhere', bare)).toMatchObject({ status: 404, body: { error: 'no-flow' } });
    expect(await dial('bare')).toMatchObject({ status: 400, body: { error: 'no-phone-number' } });
    const premium = await post('/v3/ai-flows/app/call', { toPhoneNumber: '1900123456' });
    expect(premium).toMatchObject({ status: 403, body: { error: 'destination-not-allowed' } });
    const nobody = await post('/v3/ai-flows/app/call', { billingDevice: 'e2' });
    expect(nobody.body.message).toContain('toPhoneNumber: missing');
    expect(await running.metric('patchbay_api_requests_total', 'status="401"')).toBeGreaterThan(0);
  });

  it('runs the examples of docs/api.md and examples/call-out as they are', async () => {
    const blocks = [
      ...readFileSync(resolve(root, 'docs/api.md'), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g),
    ].map(([, block]) => block!);
    expect(blocks.length).toBe(3);
    const environment = { ...process.env, PATCHBAY_API: running.apiUrl, TOKEN: token };
    const [calling, ...acting] = blocks;
    const first = await callee('callee-answers');
    const { stdout } = await run('sh', ['-c', calling!], { env: environment });
    const { sessionId: SESSION } = JSON.parse(stdout);
    await app.waitFor('session_start');
    for (const block of acting) {
      const answer = await run('sh', ['-c', block], { env: { ...environment, SESSION } });
      expect(JSON.parse(answer.stdout)).toEqual({
        accepted: block.includes('barge_in') ? 2 : 1,
        mistakes: [],
      });
    }
    expect(await first.sipp).toMatchObject(allWell);
    await app.waitFor('session_end');
    await running.idle();

    app.events.length = 0;
    app.answerTo = ({ type }) => (type === 'assistant_speech_ended' ? { type: 'hangup' } : undefined);
    const second = await callee('callee-answers');
    const script = resolve(root, 'examples/call-out/call-out.sh');
    const said = await run(script, ['support', '49301234567', 'Say "taxi".'], { env: environment });
    expect(said.stdout).toMatch(/^calling, session [0-9a-f-]{36}\nanswered: /);
    expect((await app.waitFor('assistant_speak')).fields['text']).toBe('Say "taxi".');
    expect(await second.sipp).toMatchObject(allWell);
  });

  it('calls nobody once the service stops, but ends the call it has', async () => {
    const stopping = await RunningSwitch.start({ ...sections(app, calleePort), limits: { drainS: 20 } });
    const { sipp } = await callee('callee-answers');
    const { body } = await dial('app', token, stopping);
    await app.waitFor('session_start');
    stopping.signal('SIGTERM');
    await stopping.line(({ msg }) => msg === 'stopping: calls in progress may end');
    const refused = await dial('app', token, stopping);
    expect(refused).toMatchObject({ status: 503, body: { error: 'draining' } });
    expect(refused.headers.get('retry-after')).toBe('30');
    expect((await act(body.sessionId, { type: 'hangup' }, stopping)).status).toBe(202);
    expect(await sipp).toMatchObject(allWell);
    expect(await stopping.stop()).toBe(0);
    expect(stopping.strayOutput).toEqual([]);
  });
});

/** Whatever of it there is. */
interface Answer {
  readonly sessionId: string;
  readonly error: string;
  readonly message: string;
  readonly accepted: number;
  readonly mistakes: readonly string[];
}

function sections(app: AiFlowApp, calleePort: number): SwitchSections {
  return {
    flows: {
      app: { id: 'support', agent: { kind: 'ai-flow', url: app.webSocketUrl }, phoneNumber: '4921155660' },
      bare: { agent: { kind: 'echo' } },
    },
    trunks: [
      {
        name: 'carrier',
        addresses: ['127.0.0.1'],
        outbound: { uri: `sip:127.0.0.1:${calleePort}`, domain: 'carrier.example' },
      },
    ],
    outbound: { allow: ['49*'], routes: [{ number: '*', trunk: 'carrier' }], maxConcurrent: 1 },
    api: {
      port: 0,
      tokens: [
        { name: 'app', token },
        { name: 'other', token: bare, flows: ['bare'] },
      ],
    },
  };
}

/** A tone at -12 dBFS, as apps send sounds. */
function wavOf(hz: number, seconds: number): string {
  const samples = tone(hz, { rateHz: 16_000, lengthSamples: seconds * 16_000, levelDb: -12 });
  return Buffer.from(serializeWav(samples, 16_000)).toString('base64');
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (const untilMs = performance.now() + 10_000; !condition(); ) {
    if (performance.now() > untilMs) throw new Error('it did not come to that in ten seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
