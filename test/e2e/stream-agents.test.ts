/** Twilio's bots and AudioSocket servers behind the running switch. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AudioSocketServer } from '../support/agents/audio-socket-server.ts';
import { TwilioBot } from '../support/agents/twilio-bot.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { type CallByHand, SipCaller } from '../support/sip-caller.ts';

const second = tone(440, { rateHz: 8000, lengthSamples: 8000 });
const bots: Record<string, TwilioBot> = {};
const servers: Record<string, AudioSocketServer> = {};
/** Until the end, as calls outlive their tests and ports are used again. */
const callers: SipCaller[] = [];
let running: RunningSwitch;
let example: ChildProcessWithoutNullStreams;

/** One flow for each test: each bot and server has one call. */
beforeAll(async () => {
  const agents: Record<string, object> = {};
  for (const [name, options] of Object.entries(BOTS)) {
    bots[name] = await TwilioBot.listen();
    agents[name] = { kind: 'twilio-stream', url: bots[name].url, ...options };
  }
  for (const name of SERVERS) {
    servers[name] = await AudioSocketServer.listen();
    agents[name] = { kind: 'asterisk-audio-socket', host: '127.0.0.1', port: servers[name].port };
  }
  agents['absent'] = { kind: 'asterisk-audio-socket', host: '127.0.0.1', port: await freePort() };
  const examplePort = await freePort();
  agents['example'] = {
    kind: 'twilio-stream',
    url: `ws://127.0.0.1:${examplePort}/media`,
    authToken: 'token',
  };
  example = spawn(process.execPath, [resolve(import.meta.dirname, '../../examples/twilio-bot/app.mjs')], {
    env: { ...process.env, PORT: String(examplePort), TWILIO_AUTH_TOKEN: 'token' },
  });
  await once(example.stdout, 'data');
  const announcement = 'The agent is not there, please call later.';
  const flows = Object.entries(agents).map(([name, agent]) => [name, { agent, fallback: { announcement } }]);
  running = await RunningSwitch.start({
    flows: Object.fromEntries(flows),
    api: { enabled: true, port: 0 },
  });
}, 60_000);
afterAll(async () => {
  await running.stop();
  for (const caller of callers) caller.close();
  example.kill();
  for (const each of [...Object.values(bots), ...Object.values(servers)]) await each.close();
});

async function callTo(flow: string): Promise<{ caller: SipCaller; call: CallByHand }> {
  const caller = await SipCaller.open(running.sipPort);
  callers.push(caller);
  return { caller, call: await caller.call(flow) };
}

async function bot(flow: string) {
  const twilio = bots[flow]!;
  const called = await callTo(flow);
  await vi.waitFor(() => expect(twilio.events).toContain('start'), patience);
  return { twilio, ...called };
}

async function audioSocket(flow: string) {
  const server = servers[flow]!;
  const called = await callTo(flow);
  await vi.waitFor(() => expect(server.uuid).toBeDefined(), patience);
  return { server, ...called };
}

/** The line that tells of the fallback, if one more comes in time. */
async function fallback(within: () => Promise<void> | void): Promise<void> {
  const after = running.lines.length;
  await within();
  const fits = ({ msg }: { msg: string }) => msg.startsWith('the agent cannot serve the call');
  await running.line(fits, { withinMs: 2000, after });
}

describe('a Twilio bot', () => {
  it('gets a stream as from Twilio, is heard, has its marks back, and is told of keys and the end', async () => {
    const { twilio, caller, call } = await bot('signed');
    expect(twilio.headers['x-twilio-signature']).toBe(
      createHmac('sha1', '12345').update(twilio.url).digest('base64'),
    );
    expect(twilio.start).toMatchObject({ customParameters: { to: 'signed', room: '7' } });
    twilio.speak(second);
    twilio.mark('said');
    await vi.waitFor(() => expect(twilio.of('mark')).toEqual([{ name: 'said' }]), patience);
    const heard = caller.heard();
    const begin = heard.findIndex((sample) => Math.abs(sample) > 1000);
    const spoken = heard.subarray(begin, begin + 7800);
    expect(toneLevelDb(spoken, 440, 8000)).toBeCloseTo(-6, 0);
    for (let at = 0; at + 160 <= spoken.length; at += 160)
      expect(levelDb(spoken.subarray(at, at + 160))).toBeGreaterThan(-8);
    await call.press('5');
    await vi.waitFor(
      () => expect(twilio.of('dtmf')).toEqual([{ track: 'inbound_track', digit: '5' }]),
      patience,
    );
    await call.hangUp();
    await vi.waitFor(() => expect(twilio.events.at(-1)).toBe('stop'), patience);
    await vi.waitFor(() => expect(twilio.isConnected).toBe(false), patience);
    expect(twilio.heard.length).toBeGreaterThan(8000);
    expect(twilio.mistakes).toEqual([]);
  });

  it('ends the call by closing the stream, when its last words were heard', async () => {
    const { twilio, caller } = await bot('goodbye');
    twilio.speak(second);
    twilio.hangUp();
    await caller.message((message) => message.startsWith('BYE '));
    const heard = caller.heard();
    const begin = heard.findIndex((sample) => Math.abs(sample) > 1000);
    expect(levelDb(heard.subarray(begin, begin + 7800))).toBeCloseTo(-6, 0);
  });

  it('leaves the call to the fallback by closing the stream, where the flow says so', async () => {
    const { twilio, caller } = await bot('fallback');
    await fallback(() => twilio.hangUp());
    caller.heard();
    await vi.waitFor(() => expect(levelDb(caller.heard())).toBeGreaterThan(-40), patience);
  });

  it('that breaks the connection leaves the call to the fallback within two seconds', async () => {
    const { twilio, caller } = await bot('broken');
    const brokenAtMs = performance.now();
    twilio.drop();
    caller.heard();
    await vi.waitFor(() => expect(levelDb(caller.heard())).toBeGreaterThan(-40), {
      ...patience,
      interval: 100,
    });
    expect(performance.now() - brokenAtMs).toBeLessThan(2000);
  });
});

it("a Twilio bot ends its call over Twilio's API, and nobody without its token does", async () => {
  const { twilio, caller } = await bot('by-api');
  const { accountSid, callSid } = twilio.start;
  const complete = async (token: string) => {
    const response = await fetch(
      `${running.apiUrl}/2010-04-01/Accounts/${accountSid}/Calls/${callSid}.json`,
      {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${accountSid}:${token}`).toString('base64')}` },
        body: new URLSearchParams({ Status: 'completed' }),
      },
    );
    return response.status;
  };
  expect(await complete('other')).toBe(401);
  expect(await complete('token')).toBe(200);
  await caller.message((message) => message.startsWith('BYE '));
  await vi.waitFor(() => expect(twilio.events.at(-1)).toBe('stop'), patience);
  expect(await complete('token')).toBe(404);
});

it('the example of a Twilio bot lets in who signs, and hangs up on # when it has been heard', async () => {
  const { caller, call } = await callTo('example');
  await once(example.stdout, 'data');
  await call.press('#');
  await caller.message((message) => message.startsWith('BYE '));
});

describe('an AudioSocket server', () => {
  it('gets the call as from Asterisk, is heard, and is told of keys and the end', async () => {
    const { server, caller, call } = await audioSocket('answers');
    expect(server.uuid).toMatch(/^[0-9a-f]{32}$/);
    server.speak(second);
    await vi.waitFor(() => expect(server.heard.length).toBeGreaterThan(9600), patience);
    const heard = caller.heard();
    const begin = heard.findIndex((sample) => Math.abs(sample) > 1000);
    expect(toneLevelDb(heard.subarray(begin, begin + 7800), 440, 8000)).toBeCloseTo(-6, 0);
    expect(server.audioType).toBe(0x10);
    await call.press('5');
    await call.pressInRtp(7);
    await vi.waitFor(() => expect(server.digits).toBe('57'), patience);
    await call.hangUp();
    await vi.waitFor(() => expect([server.hungUp, server.isClosed]).toEqual([true, true]), patience);
  });

  it('hangs up when its last words were heard', async () => {
    const { server, caller } = await audioSocket('hangs-up');
    server.speak(second);
    server.hangUp();
    await caller.message((message) => message.startsWith('BYE '));
    const heard = caller.heard();
    const begin = heard.findIndex((sample) => Math.abs(sample) > 1000);
    expect(levelDb(heard.subarray(begin, begin + 7800))).toBeCloseTo(-6, 0);
  });

  it('that tells an error or breaks the connection leaves the call to the fallback', async () => {
    const failing = await audioSocket('fails');
    await fallback(() => failing.server.send(0xff, Buffer.of(4)));
    const dropping = await audioSocket('drops');
    await fallback(() => dropping.server.drop());
  });

  it('that is not there leaves the call to the fallback', async () => {
    await fallback(async () => {
      await callTo('absent');
    });
    const closed = await running.line(({ msg, flow }) => /line is closed$/.test(msg) && flow === 'absent');
    const { host } = closed;
    expect(host).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(closed).toMatchObject({ reason: 'refused', detail: `connect ECONNREFUSED ${String(host)}` });
  });
});

const patience = { timeout: 5000, interval: 20 };
const BOTS: Record<string, object> = {
  signed: { authToken: '12345', customParameters: { room: '7' } },
  goodbye: {},
  'by-api': { authToken: 'token' },
  fallback: { whenClosed: 'fallback' },
  broken: {},
};
const SERVERS = ['answers', 'hangs-up', 'fails', 'drops'];
