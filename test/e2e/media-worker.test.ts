import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { MediaPool, type MediaPoolOptions } from '../../src/app/media-pool.ts';
import type { MediaCommand, MediaEvent } from '../../src/media/command.ts';
import type { MediaLeg } from '../../src/media/media-plane.ts';
import type { MediaWorkerTotals } from '../../src/media/worker-messages.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { PCMU_AUDIO } from '../support/leg-harness.ts';
import { RecordingLogger } from '../support/recording-host.ts';
import { UdpPhone } from '../support/udp-phone.ts';

const voice = tone(500, { rateHz: 8000, lengthSamples: 8000, levelDb: -10 });
const toBeClosed: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of toBeClosed.splice(0).reverse()) await close();
});

describe('a media worker', () => {
  it('carries the caller to a raw audio agent and back, with text between them and digits told', async () => {
    const agent = await parrot();
    const { leg, phone, events } = await call(pool());
    leg.send(openLine(agent.url));
    phone.talkTo(leg.localPort);
    await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(60), PATIENCE);
    for (const packet of keyPress()) phone.send(packet, leg.localPort);
    await vi.waitFor(
      () => expect(events).toContainEqual({ kind: 'digit', digit: '5', durationMs: 100 }),
      PATIENCE,
    );
    leg.send({ kind: 'tell-digit', digit: '5', durationMs: 100 });
    await vi.waitFor(() => expect(agent.texts).toContain('{"type":"digit","digit":"5"}'), PATIENCE);
    const from = phone.heard.length;
    await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(from + 50), PATIENCE);
    leg.close();
    await vi.waitFor(() => expect(agent.texts).toContain('{"type":"stop"}'), PATIENCE);

    expect(toneLevelDb(phone.heardSamples(from), 500, 8000)).toBeGreaterThan(-13);
    const [start] = agent.texts;
    expect(JSON.parse(start!)).toEqual({
      type: 'start',
      callId: 'test call',
      rateHz: 16_000,
      frameMs: 20,
      encoding: 'audio/l16;endian=little',
    });
    const kinds = events.map(({ kind }) => kind);
    expect(kinds).toContain('line-opened');
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ kind: 'stats' }), PATIENCE);
    expect(events).toContainEqual({ kind: 'line-closed', lineId: 1, reason: 'closed-by-us' });
  });

  it('lets an agent take back what it said, and hands other text up', async () => {
    const agent = await agentServer((socket) => {
      socket.once('message', () => {
        socket.send(Buffer.from(tone(1000, { rateHz: 16_000, lengthSamples: 320_000 }).buffer));
        setTimeout(() => socket.send('{"type":"flush"}'), 1000);
        setTimeout(() => socket.send('{"mood":"fine"}'), 1200);
      });
    });
    const { leg, phone, events } = await call(pool());
    leg.send(openLine(agent.url));
    await vi.waitFor(
      () =>
        expect(events).toContainEqual({
          kind: 'line',
          lineId: 1,
          event: { kind: 'message', text: '{"mood":"fine"}' },
        }),
      PATIENCE,
    );
    const from = phone.heard.length;
    await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(from + 25), PATIENCE);
    expect(toneLevelDb(phone.heardSamples(0).subarray(0, 8000), 1000, 8000)).toBeGreaterThan(-20);
    expect(toneLevelDb(phone.heardSamples(from), 1000, 8000)).toBeLessThan(-70);
  });

  it('writes to an agent beside its audio', async () => {
    const agent = await parrot();
    const { leg, events } = await call(pool());
    leg.send(openLine(agent.url));
    await vi.waitFor(() => expect(events).toContainEqual({ kind: 'line-opened', lineId: 1 }), PATIENCE);
    leg.send({ kind: 'tell-line', lineId: 1, message: { type: 'dub', event: 'start-playback' } });
    await vi.waitFor(
      () => expect(agent.texts).toContain('{"type":"dub","event":"start-playback"}'),
      PATIENCE,
    );
  });

  it('tells why an agent is not there', async () => {
    const reasons = async (url: string, connectTimeoutMs = 2000): Promise<string> => {
      const { leg, events } = await call(pool());
      leg.send(openLine(url, connectTimeoutMs));
      await vi.waitFor(() => expect(closings(events).length).toBe(1), PATIENCE);
      return closings(events)[0]!.reason;
    };
    const leaving = await agentServer((socket) => socket.once('message', () => socket.close(1000)));
    const dying = await agentServer((socket) => socket.once('message', () => socket.terminate()));
    const shouting = await agentServer((socket) => socket.send(Buffer.alloc(2 << 20)));
    expect(await reasons('ws://127.0.0.1:1/')).toBe('refused');
    expect(await reasons('http//nonsense')).toBe('bad-url');
    expect(await reasons(await deafServer(), 300)).toBe('connect-timed-out');
    expect(await reasons(leaving.url)).toBe('closed-by-agent');
    expect(await reasons(dying.url)).toBe('connection-lost');
    expect(await reasons(shouting.url)).toBe('message-too-large');
  });

  it('gives up an agent that has stopped reading, while the call goes on', async () => {
    const agent = await agentServer((socket) => socket.once('message', () => socket.pause()));
    const { leg, phone, events } = await call(pool());
    leg.send(openLine(agent.url));
    await vi.waitFor(() => expect(closings(events).length).toBe(1), PATIENCE);
    expect(closings(events)[0]!.reason).toBe('unresponsive');
    const from = phone.heard.length;
    await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(from + 10), PATIENCE);
  });

  it('passes over ports that others hold, refuses a call when all are taken, and uses them again', async () => {
    const foreign = createSocket('udp4');
    foreign.bind(RANGE.portMin + 1, '127.0.0.1');
    await once(foreign, 'listening');
    toBeClosed.push(() => new Promise((resolve) => foreign.close(() => resolve())));
    const media = pool({ portMin: RANGE.portMin, portMax: RANGE.portMin + 5 });
    const legs = [await openLeg(media), await openLeg(media)];
    expect(legs.map(({ localPort }) => localPort)).toEqual([RANGE.portMin + 2, RANGE.portMin + 4]);
    await expect(openLeg(media)).rejects.toMatchObject({ code: 'media-ports-exhausted' });
    legs[0]!.close();
    await vi.waitFor(async () => {
      expect((await openLeg(media)).localPort).toBe(RANGE.portMin + 2);
    }, PATIENCE);
  });

  it('serves IPv6 as well, and refuses a family it has no address of', async () => {
    const media = pool({ ipv6: { bind: '::1', advertised: '::1' } });
    const phone = await UdpPhone.open(voice, '::1');
    toBeClosed.push(() => phone.close());
    const leg = await media.openLeg({
      callId: 'v6',
      family: 'ipv6',
      symmetricRtp: false,
      onEvent: () => undefined,
    });
    leg.send({ kind: 'echo', enabled: true });
    leg.send({ kind: 'negotiate', audio: { ...PCMU_AUDIO, remoteAddress: '::1', remotePort: phone.port } });
    phone.talkTo(leg.localPort);
    await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(100), PATIENCE);
    expect(toneLevelDb(phone.heardSamples(50), 500, 8000)).toBeGreaterThan(-13);

    const refused = pool().openLeg({
      callId: '',
      family: 'ipv6',
      symmetricRtp: false,
      onEvent: () => undefined,
    });
    await expect(refused).rejects.toMatchObject({ code: 'media-ports-exhausted' });
  });

  it('is replaced when it dies, and its calls are told', async () => {
    const log = new RecordingLogger();
    const media = pool({ log, workerUrl: new URL('../support/dying-media-worker.ts', import.meta.url) });
    const { leg, phone, events } = await call(media);
    await vi.waitFor(() => expect(phone.heard.length).toBeGreaterThan(10), PATIENCE);
    leg.send({ kind: 'pause' });
    await vi.waitFor(
      () => expect(events).toContainEqual({ kind: 'failed', message: 'the media worker died' }),
      PATIENCE,
    );
    expect(media.legs).toBe(0);
    await vi.waitFor(async () => expect((await openLeg(media)).localPort).toBeGreaterThan(0), PATIENCE);
  });

  it('says once a second what it has done', async () => {
    const totals: MediaWorkerTotals[] = [];
    const { leg, phone } = await call(pool({ onTotals: (_, taken) => totals.push(taken) }));
    phone.talkTo(leg.localPort);
    phone.send(Buffer.from('nonsense'), leg.localPort);
    await vi.waitFor(() => expect(totals.length).toBeGreaterThan(2), PATIENCE);
    const last = totals.at(-1)!;
    expect(last.legs).toBe(1);
    expect(last.inboundPackets).toBeGreaterThan(20);
    expect(last.outboundPackets).toBeGreaterThan(20);
    expect(last.dropped['too-short']).toBe(1);
    expect(last.busyShare).toBeGreaterThan(0);
    expect(last.busyShare).toBeLessThanOrEqual(1);
  });
});

interface Call {
  readonly leg: MediaLeg;
  readonly phone: UdpPhone;
  readonly events: MediaEvent[];
}

/** A leg that sends to a phone of its own. */
async function call(media: MediaPool): Promise<Call> {
  const phone = await UdpPhone.open(voice);
  toBeClosed.push(() => phone.close());
  const events: MediaEvent[] = [];
  const leg = await openLeg(media, (event) => events.push(event));
  leg.send({
    kind: 'negotiate',
    audio: { ...PCMU_AUDIO, remoteAddress: '127.0.0.1', remotePort: phone.port },
  });
  return { leg, phone, events };
}

function openLeg(
  media: MediaPool,
  onEvent: (event: MediaEvent) => void = () => undefined,
): Promise<MediaLeg> {
  return media.openLeg({ callId: 'test call', family: 'ipv4', symmetricRtp: false, onEvent });
}

function pool(changes: Partial<MediaPoolOptions> = {}): MediaPool {
  const media = new MediaPool({
    workers: 1,
    ...RANGE,
    ipv4: { bind: '127.0.0.1', advertised: '127.0.0.1' },
    ipv6: undefined,
    silenceTimeoutMs: 30_000,
    log: new RecordingLogger(),
    ...changes,
  });
  toBeClosed.push(() => media.close());
  return media;
}

interface AgentServer {
  readonly url: string;
  /** Text messages from the switch. */
  readonly texts: string[];
}

async function agentServer(serve: (socket: WebSocket) => void): Promise<AgentServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  toBeClosed.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const texts: string[] = [];
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) texts.push(data.toString());
    });
    serve(socket);
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, texts };
}

/** Says every audio message again. */
function parrot(): Promise<AgentServer> {
  return agentServer((socket) => {
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) socket.send(data);
    });
  });
}

/** Takes connections and never answers. */
async function deafServer(): Promise<string> {
  const { createServer } = await import('node:net');
  const server = createServer((socket) => toBeClosed.push(() => void socket.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  toBeClosed.push(() => void server.close());
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

function openLine(url: string, connectTimeoutMs = 2000): MediaCommand {
  return {
    kind: 'open-line',
    lineId: 1,
    options: {
      protocol: 'audio-socket',
      target: { kind: 'websocket', url, headers: {} },
      connectTimeoutMs,
      hears: 'caller',
      speaks: true,
      settings: { rateHz: 16_000, frameMs: 20 },
    },
    call: { sessionId: 's', callId: 'test call', direction: 'inbound', from: '1', to: '2' },
  };
}

function closings(events: readonly MediaEvent[]): { readonly reason: string }[] {
  return events.filter((event) => event.kind === 'line-closed');
}

/** The key 5, RFC 4733, under the sequence numbers of a stream of its own. */
function keyPress(): Buffer[] {
  return [160, 320, 480, 640, 800, 800, 800].map((duration, index) => {
    const packet = Buffer.alloc(16);
    packet.set([0x80, index === 0 ? 0xe5 : 0x65], 0);
    packet.writeUInt16BE(9000 + index, 2);
    packet.writeUInt32BE(77_000, 4);
    packet.writeUInt32BE(0x5678, 8);
    packet.set([5, index >= 4 ? 0x8a : 0x0a, duration >> 8, duration & 0xff], 12);
    return packet;
  });
}

const RANGE = { portMin: 42_000, portMax: 42_199 };
const PATIENCE = { timeout: 15_000, interval: 20 };
