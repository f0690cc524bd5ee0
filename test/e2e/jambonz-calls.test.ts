/** jambonz apps that listen to what callers say, and that call somebody else. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { createEndpoint } from '@jambonz/sdk/websocket';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { levelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch, runPatchbay } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const quiet = { info: () => undefined, error: () => undefined, debug: () => undefined };
const told: string[] = [];
const transcripts: string[] = [];
let server: Server;
let running: RunningSwitch;
let calleePort = 0;
let example: ChildProcessWithoutNullStreams;

beforeAll(async () => {
  server = createServer();
  const makeService = createEndpoint({ server, logger: quiet });
  makeService({ path: '/speech' }).on('session:new', (session) => {
    session.on(
      '/said',
      ({ reason, speech }: { reason: string; speech?: { alternatives: { transcript: string }[] } }) => {
        transcripts.push(speech?.alternatives[0]?.transcript ?? reason);
        session.say({ text: 'Of course. Goodbye.' }).hangup().reply();
      },
    );
    session
      .gather({
        input: ['speech'],
        // On a busy machine the recogniser's model takes its time to be there.
        timeout: 0,
        bargein: true,
        actionHook: '/said',
        say: { text: 'How can I help?' },
      })
      .send();
  });
  makeService({ path: '/dial' }).on('session:new', (session) => {
    session.on('call:status', ({ direction, call_status }: Record<string, string>) => {
      if (direction === 'outbound') told.push(String(call_status));
    });
    session.on('/dialled', ({ dial_call_status, dial_sip_status }: Record<string, string>) => {
      told.push(`dialled ${dial_call_status} ${dial_sip_status}`);
      session.hangup().reply();
    });
    session
      .dial({
        target: [{ type: 'phone', number: '49301234567' }],
        timeout: 10,
        timeLimit: 2,
        actionHook: '/dialled',
      })
      .send();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  calleePort = await freePort();
  example = spawn(process.execPath, [resolve(import.meta.dirname, '../../examples/jambonz-app/app.ts')], {
    env: { ...process.env, PORT: String(await freePort()) },
  });
  const [printed] = await once(example.stdout, 'data');
  const exampleUrl = /listens at (\S+)/.exec(String(printed))![1]!;
  running = await RunningSwitch.start({
    flows: {
      example: { agent: { kind: 'jambonz', url: exampleUrl } },
      speech: { agent: { kind: 'jambonz', url: `${url}/speech` } },
      dial: { agent: { kind: 'jambonz', url: `${url}/dial` }, phoneNumber: '4921155660' },
    },
    trunks: [
      {
        name: 'carrier',
        addresses: ['127.0.0.1'],
        outbound: { uri: `sip:127.0.0.1:${calleePort}`, domain: 'carrier.example' },
      },
    ] as object,
    outbound: { allow: ['49*'], routes: [{ number: '*', trunk: 'carrier' }] },
  });
}, 60_000);
afterAll(async () => {
  await running.stop();
  example.kill();
  server.closeAllConnections();
  server.close();
});

describe('gather of speech', () => {
  it('tells the app what the caller says, as the built-in recogniser understands it', async () => {
    const target = `sip:speech@127.0.0.1:${running.sipPort}`;
    const question = 'Can you transfer me to a human agent, please?';
    await runPatchbay(['call', target, '--say', question, '--duration', '35']);
    await vi.waitFor(() => expect(transcripts.join(' ')).toMatch(/human agent/i), { timeout: 20_000 });
  });
});

describe.skipIf(!peersPresent('sipp'))('dial', () => {
  it('calls SIPp, tells how that call goes, and ends it when its time is over', async () => {
    const parameters = ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(calleePort), '-m', '1', '-nostdin'];
    const callee = spawn('sipp', [...parameters, '-timeout', '40', '-timeout_error'], { stdio: 'ignore' });
    const over = once(callee, 'exit');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const phone = await SipCaller.open(running.sipPort);
    try {
      await phone.call('dial');
      await phone.message((message) => message.startsWith('BYE '), 20_000);
      const [code] = await over;
      expect(code).toBe(0);
      expect(told).toEqual(['trying', 'ringing', 'in-progress', 'completed', 'dialled completed 200']);
    } finally {
      callee.kill();
      phone.close();
    }
  });
});

describe('the example', () => {
  it('asks for a key, and says goodbye before it hangs up', async () => {
    const phone = await SipCaller.open(running.sipPort);
    try {
      const call = await phone.call('example');
      await vi.waitFor(() => expect(levelDb(phone.heard())).toBeGreaterThan(-40), {
        timeout: 10_000,
        interval: 200,
      });
      await call.press('9');
      await phone.message((message) => message.startsWith('BYE '), 15_000);
    } finally {
      phone.close();
    }
  });
});
