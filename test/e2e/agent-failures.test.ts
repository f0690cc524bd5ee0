/** What a caller hears, and what the log says, when the app behind a flow does it wrong. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AiFlowApp, RawAnswer } from '../support/ai-flow-app.ts';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';
import { wavFile } from '../support/wav.ts';

let app: AiFlowApp;
let running: RunningSwitch;
let caller: SipCaller;
let logFrom: number;

beforeAll(async () => {
  app = await AiFlowApp.listen();
  const fallback = { announcement: 'Sorry.' };
  running = await RunningSwitch.start({
    flows: {
      webhook: { agent: { kind: 'ai-flow', url: app.webhookUrl, timeoutMs: 1000 }, fallback },
      websocket: { agent: { kind: 'ai-flow', url: app.webSocketUrl }, fallback },
      down: { agent: { kind: 'ai-flow', url: `http://127.0.0.1:${await freePort()}/` }, fallback },
      'down-socket': { agent: { kind: 'ai-flow', url: `ws://127.0.0.1:${await freePort()}/` }, fallback },
    },
  });
});
beforeEach(async () => {
  app.answerTo = () => undefined;
  app.events.length = 0;
  caller = await SipCaller.open(running.sipPort);
  logFrom = running.lines.length;
  return () => caller.close();
});
afterAll(async () => {
  await running.idle();
  await running.stop();
  await app.close();
  expect(running.strayOutput).toEqual([]);
});

const line = (message: string) => running.line(({ msg }) => msg === message, { after: logFrom });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('an app that cannot serve the call', () => {
  const cases: readonly [what: string, flow: string, answer: RawAnswer | undefined, reason: string][] = [
    ['is not there', 'down', undefined, 'refused'],
    ['has no WebSocket there', 'down-socket', undefined, 'refused'],
    ['answers its first event with 500', 'webhook', new RawAnswer({ status: 500 }), 'bad-response'],
    ['answers with a web page', 'webhook', new RawAnswer({ body: '<!doctype html><p>Hi' }), 'bad-response'],
    ['does not answer', 'webhook', new RawAnswer({ delayMs: 1500 }), 'timed-out'],
  ];

  it.each(cases)(
    'as it %s, is stood in for by the announcement, and then the call ends',
    async (...parts) => {
      const [, flow, answer, reason] = parts;
      app.answerTo = ({ type }) => (type === 'session_start' ? answer : undefined);
      await caller.call(flow);
      await caller.message((message) => message.startsWith('BYE '), 8000);
      expect(levelDb(caller.heard())).toBeGreaterThan(-40);
      expect(await line('the agent cannot serve the call: going to the fallback')).toMatchObject({
        level: 'error',
        flow,
        reason,
      });
      expect(await line('call ended')).toMatchObject({ by: 'local', cause: 'agent-failed' });
    },
  );
});

describe('an app that stumbles later', () => {
  it.each([
    ['an error', new RawAnswer({ status: 503 })],
    ['a web page', new RawAnswer({ body: '<html>' })],
    [
      'forty megabytes of base64',
      new RawAnswer({
        body: `{"type":"audio","audio":"${'A'.repeat(40_000_000)}"}`,
      }),
    ],
  ])('with %s keeps its call and its ambience', async (_what, answer) => {
    const ambience = Buffer.from(
      wavFile({ data: octets(tone(500, { rateHz: 16_000, lengthSamples: 32_000 })) }),
    );
    app.answerTo = ({ type }) => {
      return type === 'session_start'
        ? { type: 'mix_audio', audio: ambience.toString('base64'), volume: 1 }
        : type === 'dtmf_received'
          ? answer
          : undefined;
    };
    const { hangUp, press } = await caller.call('webhook');
    await pause(300);
    caller.heard();
    await press('1');
    await app.waitFor('dtmf_received');
    await pause(1000);
    const heard = caller.heard();
    expect(heard.length).toBeGreaterThan(0.9 * 8000);
    for (let at = 0; at + 1600 <= heard.length; at += 1600)
      expect(toneLevelDb(heard.subarray(at, at + 1600), 500, 8000)).toBeCloseTo(-6, 0);
    expect(running.lines.slice(logFrom).filter(({ level }) => level === 'warn')).toHaveLength(1);
    await hangUp();
  });

  it('with actions for a session that has ended is told so in the log', async () => {
    app.answerTo = ({ type }) => {
      return type === 'dtmf_received'
        ? new RawAnswer({ body: '{"type":"speak","text":"Too late"}', delayMs: 500 })
        : undefined;
    };
    const { hangUp, press } = await caller.call('webhook');
    await press('1');
    await app.waitFor('dtmf_received');
    await hangUp();
    expect(await line('the webhook answered after the end of the session: no action')).toMatchObject({
      event: 'dtmf_received',
      status: 200,
    });
    expect(await running.metric('patchbay_agent_exchanges_total', 'outcome="after-end"')).toBe(1);
  });

  it('with a session id that is not its own is told so in the log', async () => {
    const { hangUp } = await caller.call('websocket');
    await app.waitFor('session_start');
    app.push({ type: 'speak', session_id: 'somebody-else', text: 'Wrong ear' });
    await line('the agent sent something that is not understood');
    await hangUp();
  });
});

describe('a sound', () => {
  const second = octets(tone(1000, { rateHz: 16_000, lengthSamples: 16_000 }));

  it.each([
    ['claims four gigabytes', wavFile({ data: second, claimedDataOctets: 0xffff_ffff })],
    ['claims a length of nothing', wavFile({ data: second, claimedDataOctets: 0, claimedRiffOctets: 0 })],
    ['claims twice its length', wavFile({ data: second, claimedDataOctets: 64_000 })],
  ])('that %s is played as long as it is', async (_claim, wav) => {
    app.answerTo = ({ type }) => {
      return type === 'session_start'
        ? { type: 'audio', audio: Buffer.from(wav).toString('base64') }
        : undefined;
    };
    const { hangUp } = await caller.call('webhook');
    await app.waitFor('assistant_speech_ended');
    const loud = frames(caller.heard()).filter((frame) => levelDb(frame) > -20);
    expect(loud.length).toBeGreaterThan(47);
    expect(loud.length).toBeLessThan(53);
    await hangUp();
  });

  it('that is none is skipped, and the log says what it was', async () => {
    app.answerTo = ({ type }) => {
      return type === 'session_start'
        ? { type: 'audio', audio: Buffer.from('ID3 this is an MP3').toString('base64') }
        : undefined;
    };
    const { hangUp } = await caller.call('webhook');
    expect(await line('a sound cannot be had and is skipped')).toMatchObject({ reason: 'sound-empty' });
    await hangUp();
  });
});

function octets(samples: Int16Array<ArrayBuffer>): Uint8Array {
  return new Uint8Array(samples.buffer);
}

function frames(samples: Int16Array): Int16Array[] {
  return Array.from({ length: Math.floor(samples.length / 160) }, (_, index) => {
    return samples.subarray(160 * index, 160 * (index + 1));
  });
}
