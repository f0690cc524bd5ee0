/** Voice-agent APIs behind the running switch, and what becomes of calls whose backend fails. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { OpenAI } from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { AssemblyAiAgent } from '../support/agents/assemblyai-agent.ts';
import { OpenAiRealtimeAgent } from '../support/agents/openai-realtime-agent.ts';
import { toWire } from '../support/agents/wire-samples.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { makeAuthority } from '../support/certificates.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const second = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });

describe('AssemblyAI', () => {
  it('holds a conversation: is heard at once, hears in real time, is interrupted, and hangs up when heard', async () => {
    const agent = await AssemblyAiAgent.listen();
    closing.push(() => agent.close());
    const { caller, running } = await callTo({
      kind: 'assemblyai',
      apiKey: 'assemblyai-key',
      url: agent.url,
      greeting: 'Hi',
    });
    await agent.ready;
    expect(agent.sessions[0]!['session']).toMatchObject({ output: { format: { encoding: 'audio/pcma' } } });
    caller.heard();
    const reply = agent.begin(tone(500, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 }));
    await vi.waitFor(() => expect(loudness(caller.heard())).toBeGreaterThan(-20), patience);
    agent.interrupt(reply);
    await vi.waitFor(() => expect(loudness(caller.heard())).toBeLessThan(-60), {
      ...patience,
      interval: 300,
    });
    await vi.waitFor(() => expect(agent.heard.length).toBeGreaterThan(16_000), patience);
    expect(agent.pace).toBeGreaterThan(0.9);
    expect(agent.pace).toBeLessThan(1.05);
    expect(agent.droppedOctets).toBe(0);
    agent.reply('Goodbye', second);
    agent.tell({ type: 'tool.call', call_id: 'c1', name: 'hangup_call', arguments: {} });
    await caller.message((message) => message.startsWith('BYE '), 6000);
    expect(agent.messages[0]).toMatchObject({ type: 'tool.result', call_id: 'c1', result: '{"ok":true}' });
    expect(durationMs(caller.heard())).toBeGreaterThan(900);
    await vi.waitFor(() => expect(agent.messages.at(-1)).toEqual({ type: 'session.end' }), patience);
    const said = await running.line((line) => line['event'] === 'agent-said');
    expect(said).toMatchObject({ msg: 'agent event', text: '[redacted]' });
  });

  it('is resumed, or begun anew, when its connection breaks', async () => {
    const agent = await AssemblyAiAgent.listen({ forgetsSessions: true });
    closing.push(() => agent.close());
    const { caller } = await callTo({
      kind: 'assemblyai',
      apiKey: 'assemblyai-key',
      url: agent.url,
      greeting: 'Hi',
    });
    await agent.ready;
    agent.drop();
    await vi.waitFor(() => expect(agent.sessions.length).toBe(3), patience);
    expect(agent.sessions.map(({ type }) => type)).toEqual([
      'session.update',
      'session.resume',
      'session.update',
    ]);
    expect(agent.sessions[2]!['session']).not.toHaveProperty('greeting');
    caller.heard();
    agent.reply('Where were we?', second);
    await vi.waitFor(() => expect(loudness(caller.heard())).toBeGreaterThan(-20), patience);
  });
});

describe('OpenAI Realtime', () => {
  it('holds a conversation: greets, is interrupted by the caller, knows what was heard, and calls a function', async () => {
    const agent = await OpenAiRealtimeAgent.listen();
    closing.push(() => agent.close());
    const { caller } = await callTo({
      kind: 'openai-realtime',
      apiKey: 'openai-key',
      url: agent.url,
      greeting: 'Hi',
      tools: { sendDigits: true },
    });
    await agent.ready;
    expect(agent.model).toBe('gpt-realtime');
    await vi.waitFor(() => expect(agent.messages.at(-1)!['type']).toBe('response.create'), patience);
    caller.heard();
    const itemId = agent.respond('Hello', tone(500, { rateHz: 8000, lengthSamples: 80_000, levelDb: -10 }));
    await vi.waitFor(() => expect(loudness(caller.heard())).toBeGreaterThan(-20), patience);
    agent.callerSpeaks();
    const truncated = () => agent.messages.find(({ type }) => type === 'conversation.item.truncate');
    await vi.waitFor(() => expect(truncated()).toBeDefined(), patience);
    expect(truncated()).toMatchObject({ item_id: itemId, content_index: 0 });
    expect(truncated()!['audio_end_ms']).toBeLessThan(9000);
    agent.call('send_dtmf', { digits: '1' });
    await vi.waitFor(() => expect(agent.messages.at(-1)!['type']).toBe('response.create'), patience);
    await vi.waitFor(() => expect(agent.heard.length).toBeGreaterThan(8000), patience);
  });

  it('is stood in for by a server that the library of OpenAI holds a conversation with', async () => {
    const authority = makeAuthority();
    const agent = await OpenAiRealtimeAgent.listen({ tls: authority.server });
    closing.push(() => agent.close());
    const client = new OpenAI({
      apiKey: 'openai-key',
      baseURL: agent.url.replace('wss:', 'https:').replace('/realtime', ''),
    });
    const connection = new OpenAIRealtimeWS(
      { model: 'gpt-realtime', options: { ca: authority.certificate } },
      client,
    );
    closing.push(() => connection.close());
    const told: string[] = [];
    let soundOctets = 0;
    connection.on('event', ({ type }) => told.push(type));
    connection.on('error', (error) => told.push(`error ${error.error?.code}`));
    connection.on('response.output_audio.delta', ({ delta }) => {
      soundOctets += Buffer.from(delta, 'base64').length;
    });
    await vi.waitFor(() => expect(told).toContain('session.created'), patience);
    const format = { type: 'audio/pcmu' } as const;
    connection.send({
      type: 'session.update',
      session: { type: 'realtime', audio: { input: { format }, output: { format, voice: 'marin' } } },
    });
    await agent.ready;
    connection.send({ type: 'input_audio_buffer.append', audio: toWire(second, 'pcmu').toString('base64') });
    connection.send({ type: 'response.create', response: { instructions: 'Say hello.' } });
    await vi.waitFor(() => expect(agent.heard.length).toBe(8000), patience);
    const itemId = agent.respond('Hello', second);
    connection.send({
      type: 'conversation.item.truncate',
      item_id: itemId,
      content_index: 0,
      audio_end_ms: 500,
    });
    connection.send({
      type: 'conversation.item.truncate',
      item_id: itemId,
      content_index: 0,
      audio_end_ms: 5000,
    });
    agent.call('hangup_call', {});
    connection.send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: 'call_1', output: '{}' },
    });
    await vi.waitFor(() => expect(told.at(-1)).toBe('conversation.item.added'), patience);
    expect(soundOctets).toBe(8000);
    expect(new Set(told)).toEqual(
      new Set([
        'session.created',
        'session.updated',
        'response.created',
        'response.output_audio.delta',
        'response.output_audio_transcript.done',
        'response.done',
        'conversation.item.truncated',
        'error',
        'error invalid_audio_end_ms',
        'response.function_call_arguments.done',
        'conversation.item.added',
      ]),
    );
  });
});

describe('a backend that fails', () => {
  const ready = JSON.stringify({ type: 'session.ready', session_id: 's' });

  /** Each gets `begin` to say when its fault begins. */
  const faults: readonly (readonly [string, string, (socket: WebSocket, begin: () => void) => void])[] = [
    ['accepts and never answers', 'timed-out', (_, begin) => begin()],
    [
      'stalls',
      'timed-out',
      (socket, begin) => {
        socket.send(ready);
        setTimeout(() => {
          begin();
          socket.pause();
        }, 500);
      },
    ],
    [
      'floods with audio',
      'bad-response',
      (socket, begin) => {
        socket.send(ready);
        begin();
        const data = Buffer.alloc(500_000).toString('base64');
        const timer = setInterval(() => {
          for (let i = 0; i < 8; i++)
            socket.send(JSON.stringify({ type: 'reply.audio', data, reply_id: 'r' }));
        }, 5);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    [
      'floods with words',
      'bad-response',
      (socket, begin) => {
        socket.send(ready);
        begin();
        const timer = setInterval(() => {
          for (let i = 0; i < 500; i++) socket.send('{"type":"transcript.user.delta","text":"x"}');
        }, 5);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    [
      'writes nonsense',
      'bad-response',
      (socket, begin) => {
        socket.send(ready);
        begin();
        const timer = setInterval(() => socket.send('<html>'), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    [
      'sends a message that is too large',
      'bad-response',
      (socket, begin) => {
        socket.send(ready);
        begin();
        socket.send('x'.repeat(2 << 20));
      },
    ],
    [
      'closes',
      'closed',
      (socket, begin) => {
        socket.send(ready);
        setTimeout(() => {
          begin();
          socket.close(1008);
        }, 300);
      },
    ],
    [
      'breaks off',
      'closed',
      (socket, begin) => {
        begin();
        socket.once('message', () => socket.send(ready, () => setTimeout(() => socket.terminate(), 100)));
      },
    ],
  ];

  it.each(faults)(
    'and %s sends its own call to the fallback in time, and no other',
    async (_, reason, serve) => {
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
      await once(server, 'listening');
      closing.push(() => {
        for (const socket of server.clients) socket.terminate();
        server.close();
      });
      let beganMs = 0;
      server.on('connection', (socket) => {
        socket.on('error', () => socket.terminate());
        serve(socket, () => {
          beganMs = performance.now();
        });
      });
      await expectFallback(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, reason, () => beganMs);
    },
  );

  it('and is not there, or never opens, sends its call to the fallback in time', async () => {
    const deaf = createServer((socket) => closing.push(() => socket.destroy()));
    deaf.listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    closing.push(() => deaf.close());
    const port = (deaf.address() as AddressInfo).port;
    await expectFallback('ws://127.0.0.1:1', 'unreachable', () => 0);
    await expectFallback(`ws://127.0.0.1:${port}`, 'timed-out', () => 0);
  });

  it('and refuses the key sends its call to the fallback', async () => {
    const agent = await AssemblyAiAgent.listen({ refuses: 'invalid_format' });
    closing.push(() => agent.close());
    const { running } = await callTo({ kind: 'assemblyai', apiKey: 'another', url: agent.url });
    expect((await running.line(isFallback))['reason']).toBe('unreachable');
    const { running: refused } = await callTo({
      kind: 'assemblyai',
      apiKey: 'assemblyai-key',
      url: agent.url,
    });
    expect((await refused.line(isFallback))['reason']).toBe('refused');
  });
});

/** Another call, of an echo, goes on meanwhile without a gap that could be heard. */
async function expectFallback(url: string, reason: string, beganMs: () => number): Promise<void> {
  const running = await RunningSwitch.start({
    flows: { bad: { agent: { kind: 'assemblyai', apiKey: 'k', url } }, echo: { agent: { kind: 'echo' } } },
  });
  closing.push(() => running.stop());
  const other = await SipCaller.open(running.sipPort);
  closing.push(() => other.close());
  await other.call('echo');
  let latestMs = performance.now();
  let longestGapMs = 0;
  let packets = 0;
  other.onSound = () => {
    const nowMs = performance.now();
    packets += 1;
    longestGapMs = Math.max(longestGapMs, nowMs - latestMs);
    latestMs = nowMs;
  };
  const caller = await SipCaller.open(running.sipPort);
  closing.push(() => caller.close());
  const calledMs = performance.now();
  await caller.call('bad');
  const fallback = await running.line(isFallback, { withinMs: 8000 });
  const tookMs = performance.now() - (beganMs() || calledMs);
  process.stdout.write(
    `${reason}: fallback after ${tookMs.toFixed(0)} ms; the other call's longest gap ${longestGapMs.toFixed(0)} ms\n`,
  );
  expect(fallback['reason']).toBe(reason);
  // Two seconds, and what a busy machine adds.
  expect(tookMs).toBeLessThan(2600);
  await vi.waitFor(() => expect(loudness(caller.heard())).toBeGreaterThan(-40), patience);
  expect(other.received.some((message) => message.startsWith('BYE '))).toBe(false);
  const heardPackets = packets;
  await vi.waitFor(() => expect(packets).toBeGreaterThan(heardPackets + 20), patience);
}

async function callTo(agent: object): Promise<{ caller: SipCaller; running: RunningSwitch }> {
  const running = await RunningSwitch.start({ flows: { voice: { agent } } });
  closing.push(() => running.stop());
  const caller = await SipCaller.open(running.sipPort);
  closing.push(() => caller.close());
  await caller.call('voice');
  return { caller, running };
}

function isFallback({ msg }: { readonly msg: string }): boolean {
  return msg === 'the agent cannot serve the call: going to the fallback';
}

/** The loudest packet. */
function loudness(samples: Int16Array): number {
  let loudest = -120;
  for (let from = 0; from + 160 <= samples.length; from += 160) {
    loudest = Math.max(loudest, levelOf(samples.subarray(from, from + 160)));
  }
  return loudest;
}

function levelOf(samples: Int16Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(Math.max(power, 1e-3) / 32_768 ** 2);
}

/** Of what is a tone of 500 Hz in it. */
function durationMs(samples: Int16Array): number {
  let ms = 0;
  for (let from = 0; from + 160 <= samples.length; from += 160) {
    if (toneLevelDb(samples.subarray(from, from + 160), 500, 8000) > -20) ms += 20;
  }
  return ms;
}

const patience = { timeout: 6000, interval: 50 };
