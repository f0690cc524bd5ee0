/** Calls over TLS to the running process: phones and PBXs, certificates renewed meanwhile, and a registrar. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, connect as tlsConnect } from 'node:tls';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { tone, toneLevelDb } from '../support/audio.ts';
import { Baresip } from '../support/baresip.ts';
import { type Certified, makeAuthority } from '../support/certificates.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp } from '../support/sipp.ts';
import { StreamCaller } from '../support/stream-caller.ts';

const hasOpenssl = peersPresent('openssl');
const authority = hasOpenssl ? makeAuthority() : undefined!;
const folder = mkdtempSync(join(tmpdir(), 'patchbay-tls-'));
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const flows = { echo: { agent: { kind: 'echo' } } };
const trusting = hasOpenssl ? { ca: authority.certificate } : {};

/** Writes a certificate and its key as files, as an operator has them. */
function install(name: string, { certificate, key }: Certified): { certificate: object; key: object } {
  writeFileSync(at(`${name}.pem`), certificate);
  writeFileSync(at(`${name}.key`), key);
  return { certificate: { file: at(`${name}.pem`) }, key: { file: at(`${name}.key`) } };
}

function listenOnTls(parts: object = {}): object {
  const address = '127.0.0.1';
  const tls = {
    transport: 'tls',
    address,
    port: 0,
    certificates: [install('pbx', authority.server)],
    ...parts,
  };
  return {
    listen: [{ transport: 'udp', address, port: 0 }, { transport: 'tcp', address, port: 0 }, tls],
    rateLimit: { perSecond: 100_000, burst: 100_000 },
  };
}

async function start(sections: Record<string, object> = {}): Promise<RunningSwitch> {
  const running = await RunningSwitch.start({ sip: listenOnTls(), flows, ...sections });
  closing.push(() => running.stop());
  return running;
}

async function caller(running: RunningSwitch): Promise<StreamCaller> {
  const it = await StreamCaller.overTls(running.tlsPort, trusting);
  closing.push(() => it.close());
  return it;
}

/** A SIP server over TLS: each connection is a `StreamCaller`, the latest last. */
async function sipServer(
  certified: Certified,
): Promise<{ port: number; connections: StreamCaller[]; names: string[] }> {
  const connections: StreamCaller[] = [];
  const names: string[] = [];
  const { certificate: cert, key } = certified;
  const server = createServer(
    { cert, key, requestCert: true, rejectUnauthorized: false, ...trusting },
    (socket) => {
      names.push(socket.authorized ? (socket.getPeerCertificate().subjectaltname ?? '') : '');
      connections.push(new StreamCaller(socket, 'TLS'));
    },
  );
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const connection of connections) connection.close();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, connections, names };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 20) {
    if (waited > 10_000) throw new Error(`waited for ten seconds in vain: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function shownAt(port: number): Promise<string> {
  const socket = tlsConnect({ port, host: '127.0.0.1', ...trusting });
  closing.push(() => socket.destroy());
  return new Promise((resolve, reject) => {
    socket.on('secureConnect', () => resolve(socket.getPeerCertificate().subjectaltname ?? ''));
    socket.on('error', reject);
  });
}

describe.skipIf(!hasOpenssl || !peersPresent('baresip'))('baresip over TLS', () => {
  it('trusts our certificate, calls, hears itself and hangs up', async () => {
    const running = await start();
    writeFileSync(at('ca.pem'), authority.certificate);
    const voice = tone(700, { rateHz: 8000, lengthSamples: 80_000, levelDb: -12 });
    const phone = await Baresip.start(voice, { transport: 'tls', caFile: at('ca.pem') });
    closing.push(() => phone.stop());
    await phone.command('dial', `sip:echo@127.0.0.1:${running.tlsPort};transport=tls`);
    await phone.event('CALL_ESTABLISHED');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await phone.command('hangup');
    await running.idle();
    expect(await running.line(({ msg }) => msg === 'call answered')).toMatchObject({ transport: 'tls' });
    const heard = phone.recording();
    expect(toneLevelDb(heard.subarray(8000, 9600), 700, 8000)).toBeCloseTo(-12, 0);
    expect(await running.line(({ msg }) => msg === 'call ended')).toMatchObject({
      ...{ by: 'remote', cause: 'caller-hung-up' },
    });
    expect(await running.metric('patchbay_sip_messages_total', 'transport="tls"')).toBeGreaterThan(4);
    expect(await running.metric('patchbay_sip_messages_total', 'transport="tcp"')).toBe(0);
  });
});

describe.skipIf(!hasOpenssl || !peersPresent('sipp'))(
  'SIPp through a tunnel of TLS, as Debian builds it without',
  () => {
    it.each(['uac', 'agent-hangs-up'])('makes %s calls', async (scenario) => {
      const running = await start({ flows: { echo: { agent: { kind: 'demo' } } } });
      const tunnel = createTcpServer((inner) => {
        const outer = tlsConnect({ port: running.tlsPort, host: '127.0.0.1', ...trusting });
        for (const socket of [inner, outer]) socket.on('error', () => {});
        inner.pipe(outer).pipe(inner);
      });
      await new Promise<void>((resolve) => tunnel.listen(0, '127.0.0.1', resolve));
      closing.push(() => tunnel.close());
      const { port } = tunnel.address() as { port: number };
      const result = await runSipp({
        scenario,
        transport: 'tcp',
        port,
        number: 'echo',
        calls: 30,
        perSecond: 30,
      });
      expect(result).toMatchObject({ successful: 30, failed: 0, complaints: '' });
      await running.idle();
    });
  },
);

describe.skipIf(!hasOpenssl)('SIGHUP', () => {
  it('has new certificates shown, while calls over the old ones go on', async () => {
    const running = await start();
    const phone = await caller(running);
    const call = await phone.call('sips:echo@127.0.0.1', 'before');
    expect(call.contact).toBe(`sips:127.0.0.1:${running.tlsPort}`);
    expect(await shownAt(running.tlsPort)).toBe('IP Address:127.0.0.1');

    install('pbx', authority.certify('IP:127.0.0.1,DNS:renewed.example'));
    const after = running.lines.length;
    running.signal('SIGHUP');
    const line = await running.line(({ msg }) => msg === 'the certificate expires soon', { after });
    expect(line['names']).toContain('renewed.example');
    expect(await shownAt(running.tlsPort)).toContain('renewed.example');

    expect(await phone.request(call, 'OPTIONS')).toMatch(/^SIP\/2\.0 200 /);
    expect(await running.metric('patchbay_calls_active')).toBe(1);
    expect(await phone.request(call, 'BYE')).toMatch(/^SIP\/2\.0 200 /);
    await running.idle();
  });

  it('keeps the old certificate where the new one has another key, and tells of one that has expired', async () => {
    const running = await start();
    writeFileSync(at('pbx.key'), authority.client.key);
    running.signal('SIGHUP');
    const kept = await running.line(({ msg }) => msg.startsWith('the new certificates cannot be used'));
    expect(kept).toMatchObject({ level: 'error', reason: expect.stringContaining('key values mismatch') });
    expect(await shownAt(running.tlsPort)).toBe('IP Address:127.0.0.1');

    install('pbx', authority.certify('IP:127.0.0.1', -1));
    running.signal('SIGHUP');
    expect(await running.line(({ msg }) => msg === 'the certificate has expired')).toMatchObject({
      level: 'warn',
    });
    await expect(shownAt(running.tlsPort)).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
  });

  it('ends no process that has no certificates at all', async () => {
    const running = await start({ sip: { listen: [{ transport: 'udp', address: '127.0.0.1', port: 0 }] } });
    running.signal('SIGHUP');
    await running.line(({ msg }) => msg.startsWith('SIGHUP'));
    expect(await running.metric('patchbay_calls_active')).toBe(0);
    expect(await running.stop()).toBe(0);
    expect(running.strayOutput).toEqual([]);
  });
});

describe.skipIf(!hasOpenssl)('a call over TLS', () => {
  it('outlives its connection: we end it over a new one, to the Contact, as its trunk', async () => {
    const pbx = await sipServer(authority.certify('IP:127.0.0.1'));
    const tls = { ca: authority.certificate, ...install('us', authority.certify('DNS:us.example')) };
    const running = await start({ trunks: [{ name: 'pbx', addresses: ['127.0.0.1'], tls }] as object });
    const phone = await caller(running);
    phone.contact = `sip:pbx@127.0.0.1:${pbx.port};transport=tls`;
    await phone.call('sip:echo@127.0.0.1', 'outlives');
    phone.close();
    await until(async () => (await running.metric('patchbay_calls_active')) === 1);
    const stopped = running.stop();
    await until(() => pbx.connections.length === 1);
    const bye = await pbx.connections[0]!.message((message) => message.startsWith('BYE '));
    expect(bye).toMatch(/^BYE sip:pbx@127\.0\.0\.1:\d+;transport=tls SIP\/2\.0\r\nVia: SIP\/2\.0\/TLS /);
    expect(pbx.names).toEqual(['DNS:us.example']);
    pbx.connections[0]!.respond(bye, '200 OK');
    expect(await stopped).toBe(0);
  });

  it('comes in from wherever the certificate of its trunk is shown, and not without', async () => {
    const sip = listenOnTls({ clientCertificate: 'request', clientCa: authority.certificate });
    const trunk = { name: 'carrier', inboundAuth: 'certificate', tls: { names: ['carrier.example'] } };
    const running = await start({ sip, trunks: [trunk] as object });
    const { certificate: cert, key } = authority.certify('URI:sip:carrier.example');
    const carrier = await StreamCaller.overTls(running.tlsPort, { ...trusting, cert, key });
    closing.push(() => carrier.close());
    await carrier.request(await carrier.call('sip:echo@127.0.0.1', 'proven'), 'BYE');
    const other = await caller(running);
    await expect(
      Promise.race([
        other.call('sip:echo@127.0.0.1', 'unproven'),
        new Promise((_resolve, reject) => setTimeout(() => reject(new Error('no answer')), 500)),
      ]),
    ).rejects.toThrow('no answer');
    expect(await running.metric('patchbay_sip_dropped_total', 'reason="unknown-source"')).toBe(1);
    expect(await running.metric('patchbay_calls_offered_total')).toBe(1);
  });

  it('in plain text to the TLS port, or TLS to the TCP port, is counted as what it is', async () => {
    const running = await start();
    const plain = connect({ port: running.tlsPort, host: '127.0.0.1' });
    closing.push(() => plain.destroy());
    plain.write('INVITE sip:echo@127.0.0.1 SIP/2.0\r\n\r\n');
    await expect(shownAt(running.tcpPort)).rejects.toThrow();
    const dropped = (reason: string) => running.metric('patchbay_sip_dropped_total', `reason="${reason}"`);
    await until(
      async () => (await dropped('tls-plain-text')) === 1 && (await dropped('tls-to-plain-port')) === 1,
    );
    const message = 'a TLS connection did not come about';
    expect(await running.line(({ msg }) => msg === message)).toMatchObject({
      ...{ level: 'warn', reason: 'tls-plain-text', remoteAddress: '127.0.0.1' },
    });
    const phone = await caller(running);
    await phone.request(await phone.call('sip:echo@127.0.0.1', 'after'), 'BYE');
  });
});

describe.skipIf(!hasOpenssl)('a registration over TLS', () => {
  it('shows our certificate, has calls come in the same way, and is made again when the connection breaks', async () => {
    const registrar = await sipServer(authority.certify('DNS:localhost'));
    const carrier = {
      name: 'carrier',
      register: { registrars: [`sips:localhost:${registrar.port}`], user: 'us', expiresS: 3600 },
      tls: { ca: authority.certificate, ...install('us', authority.certify('DNS:us.example')) },
    };
    const running = await start({
      trunks: [carrier] as object,
      routes: [{ number: 'us', flow: 'echo' }] as object,
    });
    const accept = async (index: number): Promise<StreamCaller> => {
      await until(() => registrar.connections.length > index);
      const connection = registrar.connections[index]!;
      const register = await connection.message((message) => message.startsWith('REGISTER '));
      expect(register).toMatch(/^REGISTER sips:localhost:\d+ SIP\/2\.0\r\nVia: SIP\/2\.0\/TLS /);
      const contact = /^Contact: (<sips:us@127\.0\.0\.1:\d+>)\r$/m.exec(register)![1]!;
      connection.respond(register, '200 OK', [`Contact: ${contact};expires=3600`]);
      return connection;
    };
    const first = await accept(0);
    await running.line(({ msg }) => msg === 'registered with the trunk');
    expect(registrar.names).toEqual(['DNS:us.example']);
    const call = await first.call(`sips:us@127.0.0.1:${running.tlsPort}`, 'from-the-carrier');
    expect(await first.request(call, 'BYE')).toMatch(/^SIP\/2\.0 200 /);

    first.close();
    const second = await accept(1);
    const again = await second.call(`sips:us@127.0.0.1:${running.tlsPort}`, 'once-more');
    await second.request(again, 'BYE');
    expect(await running.metric('patchbay_registered', 'trunk="carrier"')).toBe(1);
    void second
      .message((message) => message.startsWith('REGISTER ') && /\r\nExpires: 0\r\n/.test(message))
      .then((leaving) => second.respond(leaving, '200 OK'));
    expect(await running.stop()).toBe(0);
    expect(running.linesSaying('registration taken back')).toHaveLength(1);
  });

  it('is tried in vain at a registrar that proves another name: it is told nothing', async () => {
    const registrar = await sipServer(authority.certify('DNS:evil.example'));
    const carrier = {
      name: 'carrier',
      register: { registrars: [`sips:localhost:${registrar.port}`], user: 'us' },
      tls: { ca: authority.certificate },
    };
    const running = await start({ trunks: [carrier] as object });
    const line = await running.line(({ msg }) => msg === 'a TLS connection did not come about');
    expect(line).toMatchObject({
      ...{ level: 'warn', reason: 'tls-untrusted-server', serverName: 'localhost', identity: 'carrier' },
      detail: 'the certificate names evil.example, not localhost',
    });
    await running.line(({ msg }) => msg === 'no registrar of the trunk takes our registration');
    expect(registrar.connections.flatMap(({ received }) => received)).toEqual([]);
  });
});
