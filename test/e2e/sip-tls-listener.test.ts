/** SIP over TLS on real sockets: who is shown which certificate, who is believed, and what is done about the rest. */
import { afterEach, describe, expect, it } from 'vitest';
import { requestText } from '../support/sip-text.ts';
import {
  authority,
  client,
  closeAll,
  hasOpenssl,
  Listener,
  OPTIONS,
  pem,
  plainClient,
  stranger,
  until,
} from '../support/tls-ends.ts';

afterEach(closeAll);

describe.skipIf(!hasOpenssl)('a TLS listener', () => {
  it('carries messages both ways, and says that nobody is certified who was not asked', async () => {
    const a = await Listener.start();
    const { socket, seen } = client(a.port('tls'));
    socket.write(OPTIONS);
    await until(() => a.arrived.length === 1);
    const { text, flow } = a.arrived[0]!;
    expect(text).toBe(OPTIONS);
    expect(flow).toMatchObject({ transport: 'tls', localPort: a.port('tls') });
    expect(flow.certifiedNames).toBeUndefined();
    a.transport.send(flow, Buffer.from('SIP/2.0 200 OK\r\n\r\n'));
    await until(() => seen.heard.startsWith('SIP/2.0 200'));
  });

  it('shows the certificate of the name that is asked for, else the first', async () => {
    const certificates = ['IP:127.0.0.1', 'DNS:one.example', 'DNS:two.example,DNS:*.two.example'].map(
      (altNames) => pem(authority.certify(altNames)).pair,
    );
    const a = await Listener.start({ certificates });
    const shown = async (servername?: string): Promise<string> => {
      const options = servername === undefined ? {} : { servername, checkServerIdentity: () => undefined };
      const { seen } = client(a.port('tls'), options);
      await until(() => seen.names !== '');
      return seen.names;
    };
    expect(await shown()).toBe('IP Address:127.0.0.1');
    expect(await shown('one.example')).toBe('DNS:one.example');
    expect(await shown('sip.two.example')).toContain('two.example');
    expect(await shown('three.example')).toBe('IP Address:127.0.0.1');
  });

  it.each(['request', 'require'] as const)(
    'that has to %s client certificates believes those it trusts',
    async (clientCertificate) => {
      const other = pem(authority.certify('DNS:other.example')).pair;
      const certificates = [pem(authority.server).pair, other];
      const a = await Listener.start({
        certificates,
        clientCertificate,
        clientCa: () => authority.certificate,
      });
      const { certificate: cert, key } = authority.certify('DNS:Carrier.example,URI:sip:sip.carrier.example');
      // By its name too: another context, with the same authorities.
      const named = { servername: 'other.example', checkServerIdentity: () => undefined };
      for (const options of [
        { cert, key },
        { cert, key, ...named },
        { cert, key, maxVersion: 'TLSv1.2' as const },
      ]) {
        client(a.port('tls'), options).socket.write(OPTIONS);
      }
      await until(() => a.arrived.length === 3);
      for (const { flow } of a.arrived)
        expect(flow.certifiedNames).toEqual(['carrier.example', 'sip.carrier.example']);
    },
  );

  it.each([
    ['request', 2, []],
    ['require', 0, ['tls-untrusted-client', 'tls-untrusted-client']],
  ] as const)(
    'that has to %s client certificates hears %i of those without one it trusts',
    async (clientCertificate, heard, reasons) => {
      const a = await Listener.start({ clientCertificate, clientCa: () => authority.certificate });
      const { certificate: cert, key } = stranger.certify('DNS:carrier.example');
      const clients = [client(a.port('tls')), client(a.port('tls'), { cert, key })];
      for (const { socket } of clients) socket.write(OPTIONS);
      if (heard === 0) await until(() => clients.every(({ seen }) => seen.isClosed));
      else await until(() => a.arrived.length === heard);
      expect(a.arrived.map(({ flow }) => flow.certifiedNames)).toEqual(Array(heard).fill(undefined));
      expect(a.reasons).toEqual(reasons);
      await until(() => a.transport.handshakes === 0);
    },
  );

  it('refuses TLS 1.1, weak ciphers and, where it is told to, TLS 1.2', async () => {
    const [a, strict] = [await Listener.start(), await Listener.start({ minVersion: 'TLSv1.3' })];
    const attempts = [
      client(a.port('tls'), { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      client(a.port('tls'), { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }),
      client(strict.port('tls'), { maxVersion: 'TLSv1.2' }),
    ];
    await until(() => attempts.every(({ seen }) => seen.isClosed));
    expect(attempts.map(({ seen }) => seen.error.startsWith('ERR_SSL_'))).toEqual([true, true, true]);
    await until(() => a.reasons.length === 2 && strict.reasons.length === 1);
    expect([...a.reasons, ...strict.reasons]).toEqual(['tls-failed', 'tls-failed', 'tls-failed']);
  });

  it('tells plain text for what it is, and lives', async () => {
    const a = await Listener.start();
    for (const text of [OPTIONS, requestText('INVITE sip:x@127.0.0.1 SIP/2.0', 'INVITE')])
      plainClient(a.port('tls'), text);
    await until(() => a.reasons.length === 2);
    expect(a.reasons).toEqual(['tls-plain-text', 'tls-plain-text']);
    client(a.port('tls')).socket.write(OPTIONS);
    await until(() => a.arrived.length === 1);
  });

  it('outlives octets that make no sense, resets and clients that do not trust it', async () => {
    const a = await Listener.start();
    const hello = Buffer.from([0x16, 3, 1, 0, 4, 1, 2, 3, 4, 5, 6, 7]);
    plainClient(a.port('tls'), hello);
    const reset = plainClient(a.port('tls'), hello.subarray(0, 3));
    await until(() => a.transport.handshakes > 0);
    reset.resetAndDestroy();
    client(a.port('tls'), { ca: stranger.certificate });
    await until(() => a.reasons.length === 3);
    expect(a.reasons.sort()).toEqual(['tls-abandoned', 'tls-abandoned', 'tls-failed']);
    expect(a.transport.handshakes).toBe(0);
    expect(a.transport.connections).toBe(0);
  });

  it('gives up a handshake that is not finished in time, and one after it that says nothing', async () => {
    const limits = { messageTimeoutMs: 60, maxUnsentOctets: 100_000 };
    const tlsLimits = { handshakeTimeoutMs: 60, maxHandshakes: 10, maxHandshakesPerAddress: 10 };
    const a = await Listener.start({}, { limits, tlsLimits });
    let closed = 0;
    for (const text of ['', '\r\n\r\n', Buffer.from([0x16, 3, 1, 2, 0])])
      plainClient(a.port('tls'), text).on('close', () => closed++);
    const { seen } = client(a.port('tls'));
    await until(() => closed === 3 && seen.isClosed);
    expect(a.reasons).toEqual(['tls-timeout', 'tls-timeout', 'tls-timeout']);
    expect(a.transport.handshakes).toBe(0);
  });

  it('bounds the handshakes of one address, and UDP and TCP are heard meanwhile', async () => {
    const tlsLimits = { handshakeTimeoutMs: 5000, maxHandshakes: 100, maxHandshakesPerAddress: 4 };
    const a = await Listener.start({}, { tlsLimits, maxConnectionsPerAddress: 1000 });
    for (let flood = 0; flood < 60; flood++) plainClient(a.port('tls'), Buffer.from([0x16, 3, 1]));
    await until(() => a.reasons.length === 56);
    expect(new Set(a.reasons)).toEqual(new Set(['tls-too-many-handshakes']));
    expect(a.transport.handshakes).toBe(4);
    const b = await Listener.start();
    const way = { localAddress: '127.0.0.1', localPort: b.port('udp'), remoteAddress: '127.0.0.1' };
    b.transport.send({ transport: 'udp', ...way, remotePort: a.port('udp') }, Buffer.from(OPTIONS));
    plainClient(a.port('tcp'), OPTIONS);
    await until(() => a.arrived.length === 2);
  });

  it('closes at once when it is stopped, whatever is under way', async () => {
    const tlsLimits = { handshakeTimeoutMs: 600_000, maxHandshakes: 10, maxHandshakesPerAddress: 10 };
    const a = await Listener.start({}, { tlsLimits });
    const half = plainClient(a.port('tls'), Buffer.from([0x16, 3, 1]));
    await until(() => a.transport.handshakes === 1);
    await a.transport.stop();
    await until(() => half.closed);
  });

  it('shows its new certificate once it is told to read it, and keeps the connections there are', async () => {
    const file = pem(authority.server);
    const a = await Listener.start({ certificates: [file.pair] });
    const old = client(a.port('tls'));
    await until(() => old.seen.names === 'IP Address:127.0.0.1');
    file.replace(authority.certify('IP:127.0.0.1,DNS:renewed.example'));
    expect(a.transport.reloadCertificates().listeners).toMatchObject([{ kind: 'loaded' }]);
    const renewed = client(a.port('tls'));
    await until(() => renewed.seen.names.includes('renewed.example'));
    old.socket.write(OPTIONS);
    await until(() => a.arrived.length === 1);
  });

  it.each([
    [
      'belongs to another key',
      (): string | undefined => authority.certify('IP:127.0.0.1').key,
      /key values mismatch/,
    ],
    ['is no PEM', (): string | undefined => 'nonsense', /certificate 1/],
    ['is gone', (): string | undefined => undefined, /cannot be read/],
  ] as const)('keeps its old certificate when the new one %s', async (_what, key, trouble) => {
    const file = pem(authority.server);
    const a = await Listener.start({ certificates: [file.pair] });
    file.replace({ key: key() as string });
    expect(a.transport.reloadCertificates().listeners).toMatchObject([
      { kind: 'kept', trouble: expect.stringMatching(trouble) },
    ]);
    const { seen } = client(a.port('tls'));
    await until(() => seen.names === 'IP Address:127.0.0.1');
  });

  it('does not start with a certificate that cannot be used', async () => {
    const certificates = [{ ...pem(authority.server).pair, key: () => authority.client.key }];
    await expect(Listener.start({ certificates })).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/tls 127\.0\.0\.1 port 0: certificate 1: key values mismatch/),
    });
  });
});

it.skipIf(!hasOpenssl)('the TCP port tells TLS for what it is, and closes at once', async () => {
  const a = await Listener.start();
  const { seen } = client(a.port('tcp'));
  await until(() => seen.isClosed);
  expect(a.broken).toEqual(['tls-to-plain-port']);
});
