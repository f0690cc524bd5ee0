/** A raw audio agent behind the running switch. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { pcmaEncoder } from '../../codecs/pcma.ts';
import { writeRtpHeader } from '../../src/rtp/packet.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { freePort } from '../support/free-port.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

it('a raw audio agent is told of each key once, whether it came by SIP INFO or in the RTP', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  closing.push(() => server.close());
  const texts: string[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) texts.push(data.toString());
    });
  });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const running = await RunningSwitch.start({ flows: { raw: { agent: { kind: 'audio-socket', url } } } });
  closing.push(() => running.stop());
  const caller = await SipCaller.open(running.sipPort);
  closing.push(() => caller.close());

  const call = await caller.call('raw');
  await vi.waitFor(() => expect(texts).toHaveLength(1), patience);
  await call.press('5');
  await vi.waitFor(() => expect(texts).toHaveLength(2), patience);
  await call.pressInRtp(7);
  await vi.waitFor(() => expect(texts).toHaveLength(3), patience);
  await call.hangUp();
  await vi.waitFor(() => expect(texts.at(-1)).toBe('{"type":"stop"}'), patience);
  expect(texts.slice(1)).toEqual([
    '{"type":"digit","digit":"5"}',
    '{"type":"digit","digit":"7"}',
    '{"type":"stop"}',
  ]);
});

it('the example of one greets, answers a turn, and hangs up', async () => {
  const port = await freePort();
  const example = spawn(
    process.execPath,
    [resolve(import.meta.dirname, '../../examples/audio-agent/app.mjs')],
    {
      env: { ...process.env, PORT: String(port) },
    },
  );
  closing.push(() => example.kill());
  await once(example.stdout, 'data');
  const agent = { kind: 'audio-socket', url: `ws://127.0.0.1:${port}`, rateHz: 16_000 };
  const running = await RunningSwitch.start({ flows: { example: { agent } } });
  closing.push(() => running.stop());
  const caller = await SipCaller.open(running.sipPort);
  closing.push(() => caller.close());

  const { rtpPort, press } = await caller.call('example');
  const isHeard = (hz: number): void => expect(toneLevelDb(caller.heard(), hz, 8000)).toBeGreaterThan(-30);
  await vi.waitFor(() => isHeard(660), { ...patience, interval: 300 });
  await speak(caller, rtpPort);
  await vi.waitFor(() => isHeard(880), { ...patience, interval: 300 });
  await press('#');
  await caller.message((message) => message.startsWith('BYE'));
}, 20_000);

/** 400 ms of a tone and 800 of silence, in real time. */
async function speak(caller: SipCaller, rtpPort: number): Promise<void> {
  const samples = new Int16Array(9600);
  samples.set(tone(300, { rateHz: 8000, lengthSamples: 3200, levelDb: -12 }));
  for (let index = 0; index < 60; index++) {
    const datagram = new Uint8Array(12 + 160);
    writeRtpHeader(datagram, 8, index === 0, index, index * 160, 7);
    pcmaEncoder.encode(samples, index * 160, 160, datagram, 12);
    await caller.send(datagram, rtpPort);
    await delay(20);
  }
}

const patience = { timeout: 5000, interval: 20 };
