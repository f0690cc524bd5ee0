/** Both transports against a real app on loopback. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/agent/agent.ts';
import {
  type AiFlowAgentFactory,
  type AiFlowAgentOptions,
  createAiFlowAgent,
} from '../../src/agent/ai-flow/ai-flow-agent.ts';
import { type ExchangeOutcome, noMetrics } from '../../src/agent/app-metrics.ts';
import { AiFlowApp, RawAnswer } from '../support/ai-flow-app.ts';
import { RecordingHost, RecordingLogger } from '../support/recording-host.ts';

let app: AiFlowApp;
let host: RecordingHost;
let log: RecordingLogger;
let outcomes: ExchangeOutcome[];
const factories: AiFlowAgentFactory[] = [];

beforeEach(async () => {
  app = await AiFlowApp.listen();
  log = new RecordingLogger();
  host = new RecordingHost({}, log);
  outcomes = [];
});
afterEach(async () => {
  await Promise.all(factories.splice(0).map((factory) => factory.close()));
  await app.close();
});

function agentAt(url: string, options: Partial<AiFlowAgentOptions> = {}): Agent {
  const metrics = {
    ...noMetrics,
    exchanged: (outcome: ExchangeOutcome) => outcomes.push(outcome),
  };
  const factory = createAiFlowAgent({ url, metrics, ...options });
  factories.push(factory);
  return factory(host);
}

async function eventually(condition: () => boolean): Promise<void> {
  const untilMs = performance.now() + 8000;
  while (!condition()) {
    if (performance.now() > untilMs) throw new Error(`never happened: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const speak = { type: 'speak', text: 'Hello' };

describe('a webhook over HTTP', () => {
  it('is told each event in a POST of JSON with the token', async () => {
    const agent = agentAt(app.webhookUrl, { token: 'secret', headers: { 'X-Tenant': 'acme' } });
    agent.handle({ kind: 'started' });
    const { headers, fields } = await app.waitFor('session_start');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-api-token': 'secret',
      'x-tenant': 'acme',
      'user-agent': 'patchbay',
    });
    expect(Object.keys(fields)).toEqual(['type', 'session']);
  });

  it('has the actions of its answer carried out', async () => {
    app.answerTo = () => [speak, { type: 'hangup' }];
    agentAt(app.webhookUrl).handle({ kind: 'started' });
    await eventually(() => host.commands.length === 2);
    expect(host.batches).toHaveLength(1);
  });

  it('gets events in their order, however slow its answers are and whatever connections are free', async () => {
    app.answerTo = () => new RawAnswer({ status: 204, headers: {}, delayMs: Math.random() * 20 });
    const agent = agentAt(app.webhookUrl);
    agent.handle({ kind: 'started' });
    const digits = Array.from({ length: 60 }, (_, index) => String(index % 10));
    for (const digit of digits) {
      agent.handle({ kind: 'digit', digit });
      if (digit === '5') await new Promise((resolve) => setTimeout(resolve, 8));
    }
    agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await agent.close();
    expect(app.types).toEqual(['session_start', ...digits, 'session_end']);
  });

  it('may answer with a sound of megabytes', async () => {
    const audio = Buffer.alloc(6_000_000, 1).toString('base64');
    app.answerTo = () => ({ type: 'mix_audio', audio, volume: 0.3 });
    agentAt(app.webhookUrl).handle({ kind: 'started' });
    await eventually(() => host.commands.length === 1);
    expect(host.commands[0]).toMatchObject({ kind: 'loop', gain: 0.3 });
  });

  it.each([
    ['announced', { 'content-type': 'application/json', 'content-length': '40000000' }],
    ['not announced', { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }],
  ])('may not answer with forty megabytes, %s, and the call goes on', async (_how, headers) => {
    const agent = agentAt(app.webhookUrl);
    agent.handle({ kind: 'started' });
    await eventually(() => outcomes.length === 1);
    app.answerTo = () => new RawAnswer({ headers, body: Buffer.alloc(40_000_000, 'A') });
    agent.handle({ kind: 'digit', digit: '1' });
    await eventually(() => outcomes.length === 2);
    expect(outcomes[1]).toBe('too-large');
    app.answerTo = () => speak;
    agent.handle({ kind: 'digit', digit: '2' });
    await eventually(() => host.commands.length === 1);
    expect(host.failures).toEqual([]);
  });

  it.each([307, 308])('is followed on its own host after a %i', async (status) => {
    const other = await AiFlowApp.listen(() => speak);
    app.answerTo = () => new RawAnswer({ status, headers: { location: other.webhookUrl } });
    agentAt(app.webhookUrl, { token: 'secret' }).handle({ kind: 'started' });
    await eventually(() => host.commands.length === 1);
    expect(other.events[0]?.headers['x-api-token']).toBe('secret');
    await other.close();
  });

  it('is not followed in a circle, nor to another host', async () => {
    app.answerTo = () => new RawAnswer({ status: 307, headers: { location: app.webhookUrl } });
    agentAt(app.webhookUrl).handle({ kind: 'started' });
    await eventually(() => outcomes.length === 1);
    app.answerTo = () => new RawAnswer({ status: 307, headers: { location: 'http://localhost:9/webhook' } });
    agentAt(app.webhookUrl).handle({ kind: 'started' });
    await eventually(() => outcomes.length === 2);
    expect(outcomes).toEqual(['redirected', 'redirected']);
    expect(app.events).toHaveLength(3);
  });

  it('that is not there gives the call to its fallback at once', async () => {
    const { webhookUrl } = app;
    await app.close();
    agentAt(webhookUrl).handle({ kind: 'started' });
    await eventually(() => host.failures.length === 1);
    expect(host.failures).toEqual(['refused']);
    app = await AiFlowApp.listen();
  });

  it('that accepts and says nothing gives the call to its fallback after the time-out', async () => {
    app.answerTo = () => new RawAnswer({ delayMs: 2000 });
    agentAt(app.webhookUrl, { timeoutMs: 100 }).handle({ kind: 'started' });
    await eventually(() => host.failures.length === 1);
    expect(host.failures).toEqual(['timed-out']);
  });

  it('that hangs up on the request gives the call to its fallback', async () => {
    const rude = createServer((socket) => socket.destroy());
    rude.listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const address = rude.address();
    const port = typeof address === 'object' ? address?.port : 0;
    agentAt(`http://127.0.0.1:${port}/`).handle({ kind: 'started' });
    await eventually(() => host.failures.length === 1);
    expect(host.failures).toEqual(['unreachable']);
    rude.close();
  });
});

describe('a WebSocket', () => {
  it('is dialled with the token, and told session_start first and session_end last', async () => {
    const agent = agentAt(app.webSocketUrl, { token: 'secret' });
    agent.handle({ kind: 'started' });
    agent.handle({ kind: 'speech-onset' });
    const { headers } = await app.waitFor('session_start');
    expect(headers).toMatchObject({ 'x-api-token': 'secret', 'user-agent': 'patchbay' });
    expect(headers['sec-websocket-extensions']).toBeUndefined();
    const socket = app.sockets[0]!;
    const closing = once(socket, 'close');
    agent.handle({ kind: 'ended', cause: 'caller-hung-up' });
    await agent.close();
    expect(app.types).toEqual(['session_start', 'user_speech_started', 'session_end']);
    expect((await closing)[0]).toBe(1000);
  });

  it('may send actions unasked, as text or binary', async () => {
    agentAt(app.webSocketUrl).handle({ kind: 'started' });
    await app.waitFor('session_start');
    app.push(speak);
    app.sockets[0]!.send(Buffer.from(JSON.stringify([speak, { type: 'hangup' }])), { binary: true });
    await eventually(() => host.commands.length === 3);
  });

  it('that refuses the token gives the call to its fallback', async () => {
    app.refuseUpgradesWith = 401;
    agentAt(app.webSocketUrl).handle({ kind: 'started' });
    await eventually(() => host.failures.length === 1);
    expect(host.failures).toEqual(['refused']);
    expect(log.lines.at(-1)?.fields).toMatchObject({ detail: 'status 401 to the upgrade' });
  });

  it('that is not there gives the call to its fallback at once', async () => {
    const { webSocketUrl } = app;
    await app.close();
    agentAt(webSocketUrl).handle({ kind: 'started' });
    await eventually(() => host.failures.length === 1);
    expect(host.failures).toEqual(['refused']);
    app = await AiFlowApp.listen();
  });

  it('that drops is dialled again and told what happened meanwhile', async () => {
    const agent = agentAt(app.webSocketUrl);
    agent.handle({ kind: 'started' });
    await app.waitFor('session_start');
    app.sockets[0]!.terminate();
    await eventually(() =>
      log.lines.some(({ message }) => message === 'the connection to the agent is lost'),
    );
    agent.handle({ kind: 'digit', digit: '7' });
    await app.waitFor('dtmf_received');
    expect(app.types).toEqual(['session_start', '7']);
    app.push(speak);
    await eventually(() => host.commands.length === 1);
  });

  it('that sends forty megabytes is cut off, and the call goes on', async () => {
    const agent = agentAt(app.webSocketUrl);
    agent.handle({ kind: 'started' });
    await app.waitFor('session_start');
    app.push({ type: 'mix_audio', audio: 'A'.repeat(40_000_000) });
    await eventually(() =>
      log.lines.some(({ fields }) => fields['detail'] === 'a message is longer than 25165824 octets'),
    );
    agent.handle({ kind: 'digit', digit: '1' });
    await app.waitFor('dtmf_received');
    app.push(speak);
    await eventually(() => host.commands.length === 1);
    expect(host.failures).toEqual([]);
  });
});

it('an agent needs a URL that it can reach', () => {
  for (const url of ['ftp://example.com', 'not a url', ''])
    expect(() => createAiFlowAgent({ url })).toThrow(/begins with http, https, ws or wss/);
});
