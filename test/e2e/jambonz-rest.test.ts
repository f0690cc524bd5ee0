/** jambonz's REST client as it is published, with the running switch in jambonz's place. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JambonzClient } from '@jambonz/sdk/client';
import { createEndpoint } from '@jambonz/sdk/websocket';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { levelDb } from '../support/audio.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const token = 'token-of-jambonz-0123';
const quiet = { info: () => undefined, error: () => undefined, debug: () => undefined };
const apps = createServer();
const sids: string[] = [];
const hooks: string[] = [];
let running: RunningSwitch;
let caller: SipCaller;

beforeAll(async () => {
  createEndpoint({ server: apps, logger: quiet })({ path: '/app' }).on('session:new', (session) => {
    sids.push(session.callSid);
    session.on('/other', () => {
      hooks.push('/other');
      session.say({ text: 'Somebody else has you now.' }).pause({ length: 60 }).reply();
    });
    session.answer().pause({ length: 60 }).send();
  });
  apps.listen(0, '127.0.0.1');
  await once(apps, 'listening');
  const url = `ws://127.0.0.1:${(apps.address() as AddressInfo).port}/app`;
  running = await RunningSwitch.start({
    flows: { app: { accountId: 'acc-1', agent: { kind: 'jambonz', url } } },
    api: { port: 0, tokens: [{ name: 'app', token }] },
  });
  caller = await SipCaller.open(running.sipPort);
});
afterAll(async () => {
  await running.stop();
  caller.close();
  apps.closeAllConnections();
  apps.close();
});

const client = (accountSid = 'acc-1') =>
  new JambonzClient({ baseUrl: running.apiUrl, accountSid, apiKey: token });
const patience = { timeout: 8000, interval: 20 };

it('redirects a call, whispers into it, says what it does not support, and ends it', async () => {
  const call = await caller.call('app');
  await vi.waitFor(() => expect(sids).toHaveLength(1), patience);
  const [sid] = sids as [string];
  const { calls } = client();

  caller.heard();
  await calls.whisper(sid, { verb: 'say', text: 'A word in your ear.' });
  await vi.waitFor(() => expect(levelDb(caller.heard())).toBeGreaterThan(-45), patience);
  await calls.redirect(sid, '/other');
  await vi.waitFor(() => expect(hooks).toEqual(['/other']), patience);

  await expect(calls.mute(sid, 'mute')).rejects.toThrow(/400.*mute_status: is not supported/);
  await expect(client('another').calls.update(sid, { call_status: 'completed' })).rejects.toThrow(/404/);
  await calls.update(sid, { call_status: 'completed' });
  await caller.message((message) => message.startsWith('BYE '));
  await running.idle();
  await expect(calls.delete(sid)).rejects.toThrow(/404/);
  expect(call.rtpPort).toBeGreaterThan(0);
});

it('ends a call that is deleted', async () => {
  await caller.call('app');
  await vi.waitFor(() => expect(sids).toHaveLength(2), patience);
  await client().calls.delete(sids[1]!);
  await running.idle();
});
