/** A raw audio agent behind the running switch. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
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

const patience = { timeout: 5000, interval: 20 };
