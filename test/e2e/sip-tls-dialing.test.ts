/** Connections over TLS that we open: to whom, as whom, and what they carry. */
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TlsIdentity } from '../../src/net/tls-identity.ts';
import type { Certified } from '../support/certificates.ts';
import {
  authority,
  cleanups,
  closeAll,
  hasOpenssl,
  Listener,
  OPTIONS,
  pem,
  stranger,
  tlsServer,
  until,
} from '../support/tls-ends.ts';

afterEach(closeAll);

const identity = (parts: Partial<TlsIdentity> = {}): TlsIdentity => ({
  ...{ names: [], insecure: false, ca: () => authority.certificate },
  ...parts,
});
const identities = (parts: Record<string, Partial<TlsIdentity>>) => ({
  tlsIdentities: new Map(Object.entries(parts).map(([name, it]) => [name, identity(it)])),
});

describe.skipIf(!hasOpenssl)('a connection of ours over TLS', () => {
  it('asks for the server by name, and carries all that goes to that name', async () => {
    const { certificate: cert, key } = authority.certify('URI:sip:carrier.example');
    const server = await tlsServer({ cert, key });
    const a = await Listener.start({}, identities({ carrier: {} }));
    for (let message = 0; message < 3; message++)
      a.send(server.port, { serverName: 'carrier.example', identity: 'carrier' });
    await until(() => server.heard() === OPTIONS.repeat(3));
    expect(server.sockets).toHaveLength(1);
    expect(server.sockets[0]).toMatchObject({ servername: 'carrier.example' });
    server.sockets[0]!.write(OPTIONS);
    await until(() => a.arrived.length === 1);
    expect(a.arrived[0]!.flow).toMatchObject({
      tls: { serverName: 'carrier.example', identity: 'carrier' },
      certifiedNames: ['carrier.example'],
    });
  });

  it.each([
    ['names somebody else', 'DNS:other.example', 0, {}],
    ['has a wildcard for it', 'DNS:*.example', 0, {}],
    ['has expired', 'DNS:carrier.example', -1, {}],
    ['comes from nobody we trust', 'DNS:carrier.example', 1, { ca: () => stranger.certificate }],
  ])('tells a server nothing whose certificate %s', async (_what, altNames, days, parts) => {
    const { certificate: cert, key } = authority.certify(altNames, days || 1);
    const server = await tlsServer({ cert, key });
    const a = await Listener.start({}, identities({ carrier: parts }));
    a.send(server.port, { serverName: 'carrier.example', identity: 'carrier' });
    await until(() => a.failed.length === 1);
    expect(a.troubles).toMatchObject([
      { reason: 'tls-untrusted-server', serverName: 'carrier.example', identity: 'carrier' },
    ]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.heard()).toBe('');
    expect(a.transport.connections).toBe(0);
  });

  it.each([
    ['one of the names it is known by', { names: ['*.example'] }],
    ['anything, where it may be anybody', { insecure: true, ca: () => stranger.certificate }],
  ])('takes a server that proves %s', async (_what, parts) => {
    const { certificate: cert, key } = authority.certify('DNS:*.example');
    const server = await tlsServer({ cert, key });
    const a = await Listener.start({}, identities({ carrier: parts }));
    a.send(server.port, { serverName: 'carrier.example', identity: 'carrier' });
    await until(() => server.heard() === OPTIONS);
    server.sockets[0]!.write(OPTIONS);
    await until(() => a.arrived.length === 1);
    const isProven = !('insecure' in parts);
    expect(a.arrived[0]!.flow.certifiedNames).toEqual(isProven ? ['*.example'] : undefined);
  });

  it('is one for each trunk, shows the certificate of that trunk alone, and fails for it alone', async () => {
    const [one, two] = [authority.certify('DNS:one.example'), authority.certify('DNS:two.example')];
    const { certificate: cert, key } = authority.certify('IP:127.0.0.1');
    const server = await tlsServer({
      cert,
      key,
      requestCert: true,
      rejectUnauthorized: false,
      ca: authority.certificate,
    });
    const own = ({ certificate, key: ownKey }: Certified) => ({
      certificate: () => certificate,
      key: () => ownKey,
    });
    const a = await Listener.start({}, identities({ one: own(one), two: own(two), none: {} }));
    const to = (name?: string) =>
      a.send(server.port, { serverName: '127.0.0.1', ...(name !== undefined && { identity: name }) });
    for (const name of ['one', 'two', 'none', 'one', 'two']) to(name);
    await until(() => server.heard() === OPTIONS.repeat(5));
    const shown = server.sockets.map((socket) => socket.getPeerCertificate().subjectaltname);
    expect(shown.sort()).toEqual(['DNS:one.example', 'DNS:two.example', undefined].sort());
    server.sockets
      .find((socket) => socket.getPeerCertificate().subjectaltname === 'DNS:one.example')!
      .destroy();
    await until(() => a.failed.length === 1);
    expect(a.failed[0]).toMatchObject({ tls: { identity: 'one' } });
    to('two');
    await until(() => server.heard() === OPTIONS.repeat(6));
    expect(server.sockets).toHaveLength(3);
  });

  it('gives up a server that never finishes its handshake', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1');
    cleanups.push(() => silent.close());
    await until(() => silent.listening);
    const a = await Listener.start({}, { ...identities({ carrier: {} }), connectTimeoutMs: 80 });
    a.send((silent.address() as { port: number }).port, { serverName: 'x.example', identity: 'carrier' });
    await until(() => a.failed.length === 1);
    expect(a.reasons).toEqual(['tls-timeout']);
  });

  it('uses the new certificate of a trunk once it is told to read it', async () => {
    const file = pem(authority.certify('DNS:old.example'));
    const { certificate: cert, key } = authority.certify('IP:127.0.0.1');
    const server = await tlsServer({ cert, key, requestCert: true, ca: authority.certificate });
    const a = await Listener.start({}, identities({ carrier: file.pair }));
    file.replace(authority.certify('DNS:new.example'));
    expect(a.transport.reloadCertificates().identities).toBeUndefined();
    a.send(server.port, { serverName: '127.0.0.1', identity: 'carrier' });
    await until(() => server.sockets.length === 1);
    expect(server.sockets[0]!.getPeerCertificate().subjectaltname).toBe('DNS:new.example');
    file.replace({ key: 'nonsense' });
    expect(a.transport.reloadCertificates().identities).toMatch(/^carrier: /);
  });
});
