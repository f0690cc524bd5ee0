/** CVE-2018-7286, CVE-2020-28327: what peers do over TCP that is odd, slow or ill-meant, at the running switch. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RunningSwitch } from '../support/running-switch.ts';
import { SipCaller } from '../support/sip-caller.ts';
import { requestText } from '../support/sip-text.ts';
import { StreamCaller } from '../support/stream-caller.ts';

const closing: (() => unknown)[] = [];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('over TCP', () => {
  let running: RunningSwitch;
  /** Calls over UDP that go on meanwhile. */
  let caller: SipCaller;
  let hangUp: () => Promise<void>;

  beforeAll(async () => {
    const media = { address: '127.0.0.1', portMin: 29_400, portMax: 29_999 };
    running = await RunningSwitch.start({ flows: { echo: { agent: { kind: 'echo' } } }, media });
    caller = await SipCaller.open(running.sipPort);
    ({ hangUp } = await caller.call('echo'));
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    // Whatever came over TCP: the call over UDP is served, and so is a new one.
    caller.heard();
    await pause(200);
    expect(caller.heard().length).toBeGreaterThan(5 * 160);
    await (await caller.call('echo')).hangUp();
  });
  afterAll(async () => {
    await hangUp();
    caller.close();
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
    expect(running.lines.filter(({ msg }) => msg.startsWith('a bug'))).toEqual([]);
  });

  async function stream(): Promise<StreamCaller> {
    const it = await StreamCaller.overTcp(running.tcpPort);
    closing.push(() => it.close());
    return it;
  }
  const options = (branch: string, headers: Record<string, string> = {}): string =>
    requestText('OPTIONS sip:echo@127.0.0.1 SIP/2.0', 'OPTIONS', {
      Via: `SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${branch}`,
      'Call-ID': branch,
      ...headers,
    });
  const answersTo = (phone: StreamCaller, status: string): number =>
    phone.received.filter((it) => it.startsWith(`SIP/2.0 ${status}`)).length;

  it('a request may come octet by octet, three in one segment, one in the middle of two, and pings between them', async () => {
    const phone = await stream();
    for (const octet of Buffer.from(options('slow'))) phone.socket.write(Buffer.of(octet));
    await phone.message((it) => it.includes('z9hG4bKslow'));
    phone.send(options('a') + options('b') + options('c'));
    const [d, e] = [options('d'), options('e')];
    phone.send(`\r\n\r\n${d}\r\n\r\n${e.slice(0, 100)}`);
    await pause(50);
    phone.send(e.slice(100));
    await phone.message((it) => it.includes('z9hG4bKe'));
    expect(phone.received.map((it) => /z9hG4bK(\w+)/.exec(it)![1])).toEqual([
      'slow',
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
    expect(answersTo(phone, '200')).toBe(6);
  });

  it.each([
    ['negative', { 'Content-Length': '-1' }],
    ['huge', { 'Content-Length': '99999999999999999999' }],
    ['larger than any message', { 'Content-Length': '70000' }],
    ['of two values', { 'Content-Length': '0\r\nContent-Length: 7' }],
    ['no number', { 'Content-Length': '0x10' }],
    ['absent', { 'Content-Length': undefined }],
  ])('a Content-Length that is %s is refused, and the connection closed', async (_, headers) => {
    const phone = await stream();
    phone.send(options('length', headers as Record<string, string>));
    await once(phone.socket, 'close');
    expect(phone.received).toHaveLength(1);
    expect(phone.received[0]).toMatch(/^SIP\/2\.0 (400|513) /);
  });

  it('a body that never comes whole is waited for ten seconds, beside idle peers, and those who may be idle stay', async () => {
    const good = await stream();
    good.send(options('first'));
    await good.message((it) => it.startsWith('SIP/2.0 200'));
    const waiting = await stream();
    waiting.send(options('waiting', { 'Content-Length': '1000' }));
    const trickle = setInterval(() => waiting.socket.write('x'), 500);
    closing.push(() => clearInterval(trickle));
    // One address may have 64 in all; that nobody has said anything must not keep a phone out for longer than that.
    const idle = Array.from({ length: 100 }, () => connect({ port: running.tcpPort, host: '127.0.0.1' }));
    closing.push(() => idle.map((socket) => socket.destroy()));
    for (const socket of idle) socket.on('error', () => {});
    await Promise.all([once(waiting.socket, 'close'), ...idle.map((socket) => closed(socket))]);
    expect(good.isClosed).toBe(false);
    good.send(options('again'));
    await good.message((it) => it.includes('z9hG4bKagain'));
    await (await stream()).call('sip:echo@127.0.0.1', 'after-the-idle');
  });

  it('a call outlives the reset of its connection: our BYE comes over a new one, to the Contact', async () => {
    const heard: StreamCaller[] = [];
    const server = createServer((socket) => heard.push(new StreamCaller(socket, 'TCP')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => {
      for (const connection of heard) connection.close();
      server.close();
    });
    const { port } = server.address() as { port: number };
    const other = await RunningSwitch.start({ flows: { echo: { agent: { kind: 'echo' } } } });
    const phone = await StreamCaller.overTcp(other.tcpPort);
    phone.contact = `sip:pbx@127.0.0.1:${port};transport=tcp`;
    await phone.call('sip:echo@127.0.0.1', 'reset');
    phone.socket.resetAndDestroy();
    await pause(300);
    expect(await other.metric('patchbay_calls_active')).toBe(1);
    const stopped = other.stop();
    await expect.poll(() => heard.length, { timeout: 5000 }).toBe(1);
    const bye = await heard[0]!.message((message) => message.startsWith('BYE '));
    expect(bye).toMatch(/^BYE sip:pbx@127\.0\.0\.1:\d+;transport=tcp SIP\/2\.0\r\nVia: SIP\/2\.0\/TCP /);
    heard[0]!.respond(bye, '200 OK');
    expect(await stopped).toBe(0);
    expect(other.strayOutput).toEqual([]);
  });

  it('INVITEs in a burst whose sender is gone before the answers end no other call', async () => {
    for (let burst = 0; burst < 4; burst++) {
      const phone = await stream();
      const invites = Array.from({ length: 20 }, (_, n) =>
        requestText('INVITE sip:echo@127.0.0.1 SIP/2.0', 'INVITE', {
          Via: `SIP/2.0/TCP 127.0.0.1;branch=z9hG4bKburst${burst}-${n}`,
          'Call-ID': `burst-${burst}-${n}`,
          Contact: '<sip:gone@127.0.0.1:9;transport=tcp>',
        }),
      );
      phone.send(invites.join(''));
      await pause(20);
      if (burst % 2 === 0) phone.socket.resetAndDestroy();
      else phone.close();
    }
    // They are given up when nobody has acknowledged them for 32 seconds: test/sip/lost-connections.test.ts.
    await expect.poll(() => running.metric('patchbay_calls_offered_total')).toBeGreaterThan(40);
  });

  it('a peer that asks and never reads is given up before it has cost much', async () => {
    const before = await running.metric('process_resident_memory_bytes');
    const phone = await stream();
    phone.socket.pause();
    const requests = Array.from({ length: 50 }, (_, n) => options(`deaf${n}`)).join('');
    for (let round = 0; round < 1000 && !phone.socket.destroyed; round++) {
      if (!phone.socket.write(requests)) await Promise.race([drained(phone.socket), pause(200)]);
    }
    const growthMb = ((await running.metric('process_resident_memory_bytes')) - before) / 1e6;
    expect(growthMb).toBeLessThan(60);
    expect(phone.socket.destroyed || phone.socket.writableLength > 0).toBe(true);
  });
});

function drained(socket: Socket): Promise<unknown> {
  return once(socket, 'drain').catch(() => 'given up');
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
    // What is closed is told to who reads.
    socket.resume();
  });
}
