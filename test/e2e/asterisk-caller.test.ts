/** Asterisks that call the running switch over AudioSocket. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { pcmaEncoder } from '../../codecs/pcma.ts';
import { serializeAudio, serializeUuid } from '../../src/agent/asterisk/audio-socket-frames.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { AiFlowApp } from '../support/ai-flow-app.ts';
import { AsteriskCaller, type AsteriskCallerOptions } from '../support/asterisk-caller.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { RunningSwitch, type SwitchSections } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const patience = { timeout: 10_000, interval: 20 };
const callers: AsteriskCaller[] = [];
let app: AiFlowApp;
let running: RunningSwitch;
let port = 0;

beforeAll(async () => {
  app = await AiFlowApp.listen();
  const appAgent = { kind: 'ai-flow', url: app.webhookUrl };
  const echo = { kind: 'echo' };
  [running, port] = await start({
    asteriskAudioSocket: {
      listen: [
        {
          port: 0,
          flow: 'app',
          routes: [
            { uuid: 'ec', flow: 'echo' },
            { uuid: '0000-000D', flow: 'demo' },
            { uuid: 'ab', flow: 'lively' },
          ],
        },
      ],
    },
    flows: {
      app: { agent: appAgent, phoneNumber: '4921155' },
      lively: { agent: echo, ambience: { sound: 'office', gain: 1, loudnessLufs: -25 } },
      echo: { agent: echo },
      demo: { agent: { kind: 'demo' } },
    },
  });
}, 60_000);

/** Also of one that failed: what is left of its calls would be heard in the next. */
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await running.idle();
  app.events.splice(0);
});

afterAll(async () => {
  await running.stop();
  await app.close();
});

/** The switch with two media workers, and where it waits for Asterisks. */
async function start(sections: SwitchSections): Promise<[RunningSwitch, number]> {
  const media = { address: '127.0.0.1', portMin: 24_000, portMax: 27_999, workers: 2 };
  const it = await RunningSwitch.start({ media, ...sections });
  const ready = it.linesSaying('ready for calls')[0]?.['asterisk'] as { port: number }[];
  return [it, ready[0]!.port];
}

async function call(options: AsteriskCallerOptions = {}): Promise<AsteriskCaller> {
  const caller = await AsteriskCaller.call(port, options);
  callers.push(caller);
  return caller;
}

async function heard(caller: AsteriskCaller, frames: number): Promise<void> {
  await vi.waitFor(() => expect(caller.heard.length).toBeGreaterThanOrEqual(frames), patience);
}

/** Of a tenth of a second: where the machine was held up, the phase is another one afterwards. */
function loudestToneDb(samples: Int16Array, frequencyHz: number, rateHz: number): number {
  const length = rateHz / 10;
  const pieces = Array.from({ length: Math.floor(samples.length / length) }, (_, index) =>
    samples.subarray(index * length, (index + 1) * length),
  );
  return Math.max(...pieces.map((piece) => toneLevelDb(piece, frequencyHz, rateHz)));
}

async function hears(caller: AsteriskCaller): Promise<void> {
  await vi.waitFor(() => expect(levelDb(caller.heardSamples(-10))).toBeGreaterThan(-40), patience);
}

describe('an Asterisk that calls over AudioSocket', () => {
  it('gets the agent of its flow, whose greeting is heard without a gap, and who is told of keys and the end', async () => {
    app.answerTo = ({ type, session }) =>
      type === 'session_start'
        ? { type: 'speak', session_id: session['id'], text: 'Hello, how can I help you today?' }
        : undefined;
    const caller = await call({ uuid: '12345678-5d0b-4a0e-9a55-5b6a3f1d2c11' });
    const started = await app.waitFor('session_start');
    expect(started.session).toMatchObject({ to_phone_number: '4921155', direction: 'inbound' });
    await hears(caller);
    await app.waitFor('assistant_speech_ended');
    const spoken = caller.heardSamples();
    const begin = spoken.findIndex((sample) => Math.abs(sample) > 500);
    expect(levelDb(spoken.subarray(begin, begin + 8000))).toBeGreaterThan(-35);
    expect(caller.heard.every(({ samples, rateHz }) => samples.length === 160 && rateHz === 8000)).toBe(true);
    caller.press('5');
    expect((await app.waitFor('dtmf_received')).fields).toMatchObject({ digit: '5' });
    caller.hangUp();
    await app.waitFor('session_end');
  });

  it('hangs up into the greeting, and the call is over', async () => {
    app.answerTo = ({ type, session }) =>
      type === 'session_start'
        ? {
            type: 'speak',
            session_id: session['id'],
            text: 'This is a very long greeting that nobody hears to its end.',
          }
        : undefined;
    const caller = await call();
    await hears(caller);
    caller.hangUp();
    await app.waitFor('session_end');
    await vi.waitFor(() => expect(caller.isClosed).toBe(true), patience);
    expect(app.types).not.toContain('assistant_speech_ended');
  });

  it('is hung up on by its agent, with the frame that says so', async () => {
    app.answerTo = ({ type, session }) =>
      type === 'session_start'
        ? [
            { type: 'speak', session_id: session['id'], text: 'Goodbye' },
            { type: 'hangup', session_id: session['id'] },
          ]
        : undefined;
    const caller = await call();
    await vi.waitFor(() => expect(caller.wasHungUp).toBe(true), patience);
    await vi.waitFor(() => expect(caller.isClosed).toBe(true), patience);
    const spoken = caller.heardSamples();
    expect(levelDb(spoken.subarray(spoken.findIndex((sample) => Math.abs(sample) > 500)))).toBeGreaterThan(
      -35,
    );
  });

  it.each([8000, 16_000, 24_000, 48_000])('is heard and hears at %i Hz', async (rateHz) => {
    const voice = tone(500, { rateHz, lengthSamples: rateHz, levelDb: -10 });
    const caller = await call({ uuid: ECHO, rateHz, voice });
    await heard(caller, 75);
    expect(caller.heard.at(-1)).toMatchObject({ rateHz });
    expect(loudestToneDb(caller.heardSamples(25), 500, rateHz)).toBeCloseTo(-10, 0);
    caller.hangUp();
  });

  it('hears the ambience from the beginning, and under what is said', async () => {
    const voice = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
    const caller = await call({ uuid: LIVELY, voice });
    await heard(caller, 100);
    const first = caller.heardSamples().subarray(0, 1600);
    expect(levelDb(first)).toBeGreaterThan(-60);
    expect(loudestToneDb(caller.heardSamples(50), 500, 8000)).toBeCloseTo(-10, 0);
    const quiet = await call({ uuid: LIVELY });
    await heard(quiet, 100);
    expect(levelDb(quiet.heardSamples(20))).toBeGreaterThan(-40);
    caller.hangUp();
    quiet.hangUp();
  });

  it('is greeted by the demo, chosen by its UUID', async () => {
    const caller = await call({ uuid: '0000000d-1111-2222-3333-444444444444' });
    await hears(caller);
    await running.line(({ msg, flow }) => msg === 'call answered' && flow === 'demo');
    caller.hangUp();
  });

  it('that breaks the connection has hung up', async () => {
    const caller = await call();
    await app.waitFor('session_start');
    caller.drop();
    await app.waitFor('session_end');
  });

  it('is one of fifty, each heard and paced at 20 ms, in both workers', async () => {
    const fifty = await Promise.all(
      Array.from({ length: 50 }, (_, index) => {
        const voice = tone(300 + 40 * index, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
        return call({ uuid: ECHO, voice });
      }),
    );
    // No expectation in a loop: fifty that fail every 20 ms would hold up what the callers say.
    while (fifty.some((caller) => caller.heard.length < 250))
      await new Promise((next) => setTimeout(next, 100));
    const shares = await legsOfWorkers();
    for (const [index, caller] of fifty.entries()) {
      const samples = caller.heardSamples(100);
      expect(levelDb(samples)).toBeGreaterThan(-14);
      expect(loudestToneDb(samples, 300 + 40 * index, 8000)).toBeCloseTo(-10, 0);
      const { length } = caller.heard;
      const tookMs = caller.heard[length - 1]!.atMs - caller.heard[0]!.atMs;
      // On a machine with too little time ticks are left out; none is ever made up for.
      expect(tookMs / (length - 1)).toBeGreaterThan(19.5);
      expect(tookMs / (length - 1)).toBeLessThan(30);
      caller.hangUp();
    }
    expect(shares.reduce((sum, share) => sum + share)).toBe(50);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  }, 30_000);

  it('hears itself no later than a phone over RTP does', async () => {
    const click = new Int16Array(8000);
    click.fill(10_000, 0, 160);
    const caller = await call({ uuid: ECHO, voice: click });
    await heard(caller, 400);
    const delays = caller.saidAtMs
      .filter((_, index) => index % 50 === 0 && index >= 100 && index < 350)
      .map((saidMs) => {
        const back = caller.heard.find(({ atMs, samples }) => atMs > saidMs && levelDb(samples) > -30);
        return back!.atMs - saidMs;
      });
    caller.hangUp();
    const rtp = await rtpEchoMs();
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
    // Of a machine that is busy no more can be asked than that it is the same kind of delay.
    expect(median(delays)).toBeLessThan(median(rtp) + 60);
  }, 30_000);
});

describe('who is no Asterisk, or no good one,', () => {
  it('is cut off for saying nothing, or anything else, and counted', async () => {
    const mute = await open();
    const web = await open();
    web.write(Buffer.from('GET / HTTP/1.1\r\nHost: pbx.example\r\n\r\n'));
    const hasty = await open();
    hasty.write(serializeAudio(new Uint8Array(320), 8000));
    const broken = await open();
    broken.write(Buffer.concat([serializeUuid(ECHO), Uint8Array.of(0x77, 0xff, 0xff)]));
    for (const it of [mute, web, hasty, broken])
      await vi.waitFor(() => expect(it.isClosed).toBe(true), patience);
    await vi.waitFor(async () => {
      expect(await running.metric(CUT, 'reason="no-uuid"')).toBeGreaterThanOrEqual(3);
      expect(await running.metric(CUT, 'reason="protocol-error"')).toBeGreaterThanOrEqual(1);
    }, patience);
  });

  it('is cut off for flooding, while other calls go on', async () => {
    const voice = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
    const good = await call({ uuid: ECHO, voice });
    const flood = await call({ uuid: ECHO });
    const second = Buffer.concat(Array.from({ length: 50 }, () => serializeAudio(new Uint8Array(320), 8000)));
    for (let at = 0; at < 120; at++) flood.write(second);
    await vi.waitFor(() => expect(flood.isClosed).toBe(true), patience);
    await vi.waitFor(
      async () => expect(await running.metric(CUT, 'reason="flooded"')).toBeGreaterThan(0),
      patience,
    );
    const from = good.heard.length;
    await heard(good, from + 50);
    expect(levelDb(good.heardSamples(from))).toBeGreaterThan(-14);
  });

  it('is cut off without a word from an address of no trunk', async () => {
    const [guarded, guardedPort] = await start({
      trunks: [{ name: 'pbx', addresses: ['127.0.0.2', '192.0.2.0/24'] }],
      asteriskAudioSocket: { listen: [{ port: 0, flow: 'echo' }] },
      flows: { echo: { agent: { kind: 'echo' } } },
      limits: { maxCalls: 1, drainS: 1 },
    });
    try {
      const stranger = await AsteriskCaller.call(guardedPort);
      await vi.waitFor(() => expect(stranger.isClosed).toBe(true), patience);
      expect(stranger.heard).toEqual([]);
      await vi.waitFor(async () => expect(await guarded.metric(CUT, 'reason="stranger"')).toBe(1), patience);
      const welcome = await AsteriskCaller.call(guardedPort, { localAddress: '127.0.0.2' });
      await heard(welcome, 10);
      expect(await guarded.line(({ msg }) => msg === 'call answered')).toMatchObject({ trunk: 'pbx' });
      const surplus = await AsteriskCaller.call(guardedPort, { localAddress: '127.0.0.2' });
      await vi.waitFor(() => expect(surplus.wasHungUp).toBe(true), patience);
      expect(await guarded.metric('patchbay_calls_refused_total', 'status="503"')).toBe(1);
      guarded.signal('SIGTERM');
      await vi.waitFor(() => expect(welcome.wasHungUp).toBe(true), patience);
      await expect(AsteriskCaller.connect(guardedPort)).rejects.toThrow('ECONNREFUSED');
    } finally {
      await guarded.stop();
    }
  }, 60_000);
});

it('the switch says at its start that a port for Asterisks is in use', async () => {
  const taken = await freePort();
  const blocker = createServer().listen(taken, '127.0.0.1');
  await once(blocker, 'listening');
  try {
    await expect(
      RunningSwitch.start({
        asteriskAudioSocket: { listen: [{ port: taken, flow: 'echo' }] },
        flows: { echo: { agent: { kind: 'echo' } } },
      }),
    ).rejects.toThrow('asteriskAudioSocket: listen EADDRINUSE');
  } finally {
    blocker.close();
  }
}, 30_000);

async function open(): Promise<AsteriskCaller> {
  const caller = await AsteriskCaller.connect(port);
  callers.push(caller);
  return caller;
}

async function legsOfWorkers(): Promise<number[]> {
  let legs: number[] = [];
  await vi.waitFor(async () => {
    legs = await Promise.all(
      [0, 1].map((worker) => running.metric('patchbay_media_legs', `worker="${worker}"`)),
    );
    expect(legs[0]! + legs[1]!).toBe(50);
  }, patience);
  return legs;
}

/** From saying a click to hearing it, of a phone over RTP that clicks once a second. */
async function rtpEchoMs(): Promise<number[]> {
  const phone = await SipCaller.open(running.sipPort);
  const hung = await phone.call('echo');
  const delays: number[] = [];
  let clickedMs = Number.POSITIVE_INFINITY;
  phone.onSound = (samples) => {
    if (levelDb(samples) <= -30 || performance.now() < clickedMs) return;
    delays.push(performance.now() - clickedMs);
    clickedMs = Number.POSITIVE_INFINITY;
  };
  const beganMs = performance.now();
  const silence = new Int16Array(160);
  const click = silence.map(() => 10_000);
  for (let said = 0; said < 400; said++) {
    while (performance.now() < beganMs + said * 20) await new Promise((next) => setTimeout(next, 2));
    const datagram = new Uint8Array(172);
    writeRtpHeader(datagram, 8, said === 0, said, said * 160, 77);
    const isClick = said >= 100 && said % 50 === 0;
    pcmaEncoder.encode(isClick ? click : silence, 0, 160, datagram, 12);
    if (isClick) clickedMs = performance.now();
    await phone.send(datagram, hung.rtpPort);
  }
  await hung.hangUp();
  phone.close();
  return delays;
}

const ECHO = 'ec000000-5d0b-4a0e-9a55-5b6a3f1d2c11';
const LIVELY = 'ab000000-5d0b-4a0e-9a55-5b6a3f1d2c11';
const CUT = 'patchbay_asterisk_connections_cut_total';
