/** Unmodified jambonz apps, on the SDKs as they are published, behind the running switch. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import oldSdk from '@jambonz/node-client-ws';
import { WebhookResponse } from '@jambonz/sdk/webhook';
import { createEndpoint } from '@jambonz/sdk/websocket';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { serializeWav } from '../../src/audio/wav.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const quiet = { info: () => undefined, error: () => undefined, debug: () => undefined };
const SECRET = 'signed';

/** What apps were told, in short, by the name of the app. */
const told = new Map<string, string[]>();
const note = (app: string, what: string) => told.set(app, [...(told.get(app) ?? []), what]);
const servers: Server[] = [];
const callers: SipCaller[] = [];
let sounds = '';
let running: RunningSwitch;

beforeAll(async () => {
  sounds = await listen(
    createServer((request, response) => {
      if (request.url === '/missing') {
        response.writeHead(404).end();
        return;
      }
      const wav = serializeWav(tone(1000, { rateHz: 8000, lengthSamples: 8000, levelDb: -20 }), 8000);
      response.writeHead(200, { 'content-type': 'audio/wav' }).end(wav);
    }),
  );
  const socketApps = createServer();
  serveNewSdk(createEndpoint({ server: socketApps, logger: quiet }));
  const oldApps = createServer();
  serveOldSdk(oldSdk.createEndpoint({ server: oldApps, logger: quiet }));
  const ws = (await listen(socketApps)).replace('http', 'ws');
  const old = (await listen(oldApps)).replace('http', 'ws');
  const web = await listen(createServer(webhooks()));
  const app = (url: string, fields: object = {}) => ({ agent: { kind: 'jambonz', url, ...fields } });
  running = await RunningSwitch.start({
    flows: {
      menu: app(`${ws}/menu`),
      audio: app(`${ws}/audio`),
      player: app(`${ws}/player`),
      declined: app(`${ws}/declined`),
      absent: app(`${ws}/nobody-here#rc=0`),
      old: app(`${old}/old`),
      web: app(`${web}/incoming`, { webhookSecret: SECRET, statusUrl: `${web}/status` }),
    },
    sounds: { allowAddresses: ['127.0.0.1'] },
  });
}, 60_000);
afterAll(async () => {
  await running.stop();
  for (const caller of callers) caller.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function caller(): Promise<SipCaller> {
  const opened = await SipCaller.open(running.sipPort);
  callers.push(opened);
  return opened;
}

function serveNewSdk(makeService: ReturnType<typeof createEndpoint>): void {
  makeService({ path: '/menu' }).on('session:new', (session) => {
    note('menu', `new ${session.to} ${session.data['sip'] === undefined ? 'without' : 'with'} INVITE`);
    session.on('verb:status', ({ event, verb, name, id }: Record<string, string>) => {
      if (verb === 'dub' || name === 'gather') note('menu', `${event} ${id}`);
    });
    session.on('call:status', ({ call_status }: Record<string, string>) =>
      note('menu', `status ${call_status}`),
    );
    session.on('close', (code: number) => note('menu', `close ${code}`));
    session.on('/key', ({ reason, digits }: Record<string, string>) => {
      note('menu', `${reason} ${digits}`);
      session.redirect({ actionHook: '/later' }).reply();
    });
    session.on('/later', () => {
      session.dub({ action: 'silenceTrack', track: 'ambience' }).say({ text: 'Goodbye.' }).hangup().reply();
    });
    session
      .notifyEvents()
      .dub({
        action: 'addTrack',
        track: 'ambience',
        id: 'd1',
        play: `${sounds}/tone`,
        loop: true,
        gain: '0 dB',
      })
      .say({ text: 'Welcome.' })
      .gather({
        id: 'g1',
        input: ['digits'],
        numDigits: 2,
        timeout: 30,
        actionHook: '/key',
        say: { text: 'Press two keys.' },
      })
      .send();
  });
  makeService({ path: '/declined' }).on('session:new', (session) => {
    session.sipDecline({ status: 486, reason: 'Not now' }).send();
  });
  makeService({ path: '/player' }).on('session:new', (session) => {
    session.on('/played', ({ reason, playback_milliseconds: playedMs }: Record<string, unknown>) => {
      note('player', `${reason} ${playedMs === undefined ? '' : Math.round(Number(playedMs) / 100)}`);
      if (reason === 'playFailed') session.hangup().reply();
      else session.play({ url: `${sounds}/missing`, actionHook: '/played' }).reply();
    });
    session.play({ url: [`${sounds}/tone`, `${sounds}/tone`], actionHook: '/played' }).send();
  });
  makeService({ path: '/audio' }).on('session:new', (session) => {
    session.on('/over', () => session.hangup().reply());
    const host = `ws://127.0.0.1:${audioPort()}/stream`;
    session
      .listen({ url: host, sampleRate: 16_000, metadata: { order: 7 }, actionHook: '/over', passDtmf: true })
      .send();
  });
  makeService.audio({ path: '/stream' }).on('connection', (stream) => {
    note('audio', `metadata ${stream.sampleRate} ${stream.metadata['order']}`);
    stream.once('audio', (pcm: Buffer) => note('audio', `audio ${pcm.length}`));
    stream.on('dtmf', ({ digit }: { digit: string }) => note('audio', `dtmf ${digit}`));
    stream.on('playDone', ({ id }) => {
      note('audio', `playDone ${id}`);
      stream.disconnect();
    });
    stream.on('mark', ({ name, event }: { name: string; event: string }) =>
      note('audio', `mark ${name} ${event}`),
    );
    const pcm = tone(700, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 });
    stream.sendMark('begin');
    stream.playAudio(Buffer.from(pcm.buffer).toString('base64'), { id: 'beep', sampleRate: 16_000 });
  });
}

const audioPort = (): number => (servers[1]!.address() as AddressInfo).port;

function serveOldSdk(makeService: ReturnType<typeof oldSdk.createEndpoint>): void {
  makeService({ path: '/old' }).on('session:new', (session) => {
    session.on('/key', ({ digits }: { digits: string }) => {
      note('old', `key ${digits}`);
      session.injectCommand('dub', { action: 'addTrack', track: 'beep', play: `${sounds}/tone`, loop: true });
      session.pause({ length: 1 }).hangup({}).reply();
    });
    session
      .gather({ input: ['digits'], finishOnKey: '#', actionHook: '/key', say: { text: 'Hello.' } })
      .send();
  });
}

function webhooks() {
  const app = express();
  app.use(express.json());
  app.use(WebhookResponse.verifySignature(SECRET));
  app.post('/incoming', (request, response) => {
    note('web', `incoming ${request.body.call_status}`);
    const gather = {
      input: ['digits' as const],
      numDigits: 1,
      actionHook: '/menu',
      say: { text: 'Press a key.' },
    };
    response.json(new WebhookResponse().gather(gather).toJSON());
  });
  app.post('/menu', (request, response) => {
    note('web', `digits ${request.body.digits}`);
    // Nothing follows it: the call is over with it.
    response.json(new WebhookResponse().say({ text: 'Thank you.' }).toJSON());
  });
  app.post('/status', (request, response) => {
    note('web', `status ${request.body.call_status}`);
    response.sendStatus(200);
  });
  return app;
}

describe('an app on @jambonz/sdk', () => {
  it('speaks over its dub track, gathers keys, redirects and hangs up', async () => {
    const phone = await caller();
    const call = await phone.call('menu');
    await vi.waitFor(() => expect(told.get('menu')).toContain('start-playback d1'), patience);
    await vi.waitFor(() => expect(toneLevelDb(phone.heard(), 1000, 8000)).toBeGreaterThan(-24), patience);
    // Keys count while they are gathered, and not before.
    await vi.waitFor(() => expect(told.get('menu')).toContain('starting g1'), patience);
    await call.press('4');
    await call.press('2');
    const bye = await phone.message((message) => message.startsWith('BYE '), 20_000);
    expect(bye).toMatch(/^BYE /);
    await vi.waitFor(() => expect(told.get('menu')).toContain('close 1000'), patience);
    expect(told.get('menu')).toEqual([
      'new menu with INVITE',
      'status trying',
      'status in-progress',
      'start-playback d1',
      'starting g1',
      'finished g1',
      'dtmfDetected 42',
      'stop-playback d1',
      'status completed',
      'close 1000',
    ]);
  });

  it('plays sounds one after the other, and tells what came of them', async () => {
    const phone = await caller();
    await phone.call('player');
    await vi.waitFor(() => expect(toneLevelDb(phone.heard(), 1000, 8000)).toBeGreaterThan(-24), patience);
    await phone.message((message) => message.startsWith('BYE '), 20_000);
    expect(told.get('player')).toEqual(['playCompleted 20', 'playFailed ']);
  });

  it('declines with a status of its own', async () => {
    const phone = await caller();
    expect(await phone.dial('declined')).toMatch(/^SIP\/2.0 486 Not now/);
  });

  it('that is not there has the call refused with 480 and the reason', async () => {
    const phone = await caller();
    const response = await phone.dial('absent');
    expect(response).toMatch(/^SIP\/2.0 480 /);
    expect(response).toMatch(/^X-Reason: .+/m);
  });

  it('listens to the audio of the call and plays into it', async () => {
    const phone = await caller();
    const call = await phone.call('audio');
    await vi.waitFor(() => expect(told.get('audio')).toContain('audio 640'), patience);
    await call.press('5');
    await vi.waitFor(() => expect(told.get('audio')).toContain('playDone beep'), patience);
    expect(told.get('audio')).toEqual(
      expect.arrayContaining(['metadata 16000 7', 'audio 640', 'mark begin playout', 'dtmf 5']),
    );
    const heard = phone.heard();
    expect(levelDb(heard)).toBeGreaterThan(-40);
    expect(toneLevelDb(heard, 700, 8000)).toBeGreaterThan(-30);
    await phone.message((message) => message.startsWith('BYE '), 10_000);
  });
});

describe('an app on @jambonz/node-client-ws', () => {
  it('gathers keys, injects a dub and hangs up', async () => {
    const phone = await caller();
    const call = await phone.call('old');
    for (const key of ['7', '8', '#']) await call.press(key);
    await vi.waitFor(() => expect(told.get('old')).toEqual(['key 78']), patience);
    phone.heard();
    await phone.message((message) => message.startsWith('BYE '), 10_000);
    expect(toneLevelDb(phone.heard(), 1000, 8000)).toBeGreaterThan(-30);
  });
});

describe('an app of webhooks', () => {
  it('is asked with a signature that its SDK accepts, and ends with its last verb', async () => {
    const phone = await caller();
    const call = await phone.call('web');
    await call.press('9');
    await phone.message((message) => message.startsWith('BYE '), 20_000);
    await vi.waitFor(() => expect(told.get('web')).toContain('status completed'), patience);
    expect(told.get('web')?.filter((what) => !what.startsWith('status'))).toEqual([
      'incoming trying',
      'digits 9',
    ]);
    expect(told.get('web')?.filter((what) => what.startsWith('status'))).toEqual([
      'status trying',
      'status in-progress',
      'status completed',
    ]);
  });
});

const patience = { timeout: 15_000, interval: 100 };
