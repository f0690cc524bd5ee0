/** Kamailio as the registrar of our trunks: our password proven by other people's code, by MD5 and by SHA-256. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, makeAuthority } from '../support/certificates.ts';
import { Kamailio } from '../support/kamailio.ts';
import { peersPresent } from '../support/peers.ts';
import { RunningSwitch } from '../support/running-switch.ts';
import { runSipp } from '../support/sipp.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-registrar-'));

function writeCertificates({ certificate, server }: Authority): object {
  writeFileSync(join(folder, 'ca.pem'), certificate);
  writeFileSync(join(folder, 'our.pem'), server.certificate);
  writeFileSync(join(folder, 'our.key'), server.key);
  return { certificate: { file: join(folder, 'our.pem') }, key: { file: join(folder, 'our.key') } };
}

const auth = { username: 'us', password: 'secret', realm: 'registrar.example' };

describe.skipIf(!peersPresent('sipp', 'kamailio', 'openssl'))('a registration with Kamailio', () => {
  let kamailios: Record<'MD5' | 'SHA-256', Kamailio>;
  let running: RunningSwitch;

  beforeAll(async () => {
    const authority = makeAuthority();
    const [md5, sha256] = await Promise.all([
      Kamailio.registrar('MD5', authority.server),
      Kamailio.registrar('SHA-256'),
    ]);
    const ours = writeCertificates(authority);
    kamailios = { MD5: md5, 'SHA-256': sha256 };
    const register = (registrar: string, user: string) => ({
      registrars: [registrar],
      user,
      domain: 'registrar.example',
    });
    running = await RunningSwitch.start({
      flows: { echo: { agent: { kind: 'echo' } } },
      sip: {
        listen: [
          { transport: 'udp', address: '127.0.0.1', port: 0 },
          { transport: 'tcp', address: '127.0.0.1', port: 0 },
          { transport: 'tls', address: '127.0.0.1', port: 0, certificates: [ours] },
        ],
      },
      routes: ['over-udp', 'over-tcp', 'over-tls'].map((number) => ({ number, flow: 'echo' })) as object,
      trunks: [
        { name: 'udp', auth, register: register(`sip:127.0.0.1:${md5.port}`, 'over-udp') },
        {
          name: 'tcp',
          auth,
          register: register(`sip:127.0.0.1:${sha256.port};transport=tcp`, 'over-tcp'),
        },
        {
          name: 'tls',
          auth,
          register: register(`sip:127.0.0.1:${md5.tlsPort};transport=tls`, 'over-tls'),
          tls: { ca: { file: join(folder, 'ca.pem') } },
        },
        {
          name: 'wrong',
          auth: { ...auth, password: 'guess' },
          register: register(`sip:127.0.0.1:${md5.port}`, 'wrong'),
        },
      ] as object,
      media: { address: '127.0.0.1', portMin: 30_000, portMax: 30_099 },
    });
  });
  afterAll(async () => {
    await Promise.all(Object.values(kamailios).map((kamailio) => kamailio.stop()));
    rmSync(folder, { recursive: true });
  });

  const told = (algorithm: 'MD5' | 'SHA-256', what: RegExp): number =>
    kamailios[algorithm].log.join('').match(what)?.length ?? 0;

  it.each([
    ['udp', 'MD5'],
    ['tcp', 'SHA-256'],
    ['tls', 'MD5'],
  ] as const)('over %s is challenged, proven by %s, and brings calls in', async (transport, algorithm) => {
    const line = await running.line(
      ({ msg, trunk }) => msg === 'registered with the trunk' && trunk === transport,
    );
    expect(line['expiresS']).toBe(12);
    expect(told(algorithm, new RegExp(`challenged: over-${transport} over ${transport}`, 'g'))).toBe(1);
    expect(told(algorithm, new RegExp(`proven: us over ${transport}`, 'g'))).toBeGreaterThan(0);
    const result = await runSipp({
      scenario: 'hold-through-proxy',
      number: `over-${transport}`,
      port: kamailios[algorithm].port,
      calls: 5,
    });
    expect(result).toMatchObject({ successful: 5, failed: 0, complaints: '' });
    expect(await running.metric('patchbay_registered', `trunk="${transport}"`)).toBe(1);
  });

  it('with a wrong password is not taken, and the log and the count say so', async () => {
    const line = await running.line(
      ({ msg, trunk }) => msg === 'no registrar of the trunk takes our registration' && trunk === 'wrong',
    );
    expect(line).toMatchObject({ level: 'warn' });
    expect(await running.metric('patchbay_sip_dropped_total', 'reason="credentials-rejected"')).toBe(1);
    expect(await running.metric('patchbay_registered', 'trunk="wrong"')).toBe(0);
  });

  it('is refreshed in time, with a proof at once, and taken back at the end', async () => {
    const refreshed = (): boolean =>
      told('MD5', /proven: us over udp/g) > 1 && told('SHA-256', /proven: us over tcp/g) > 1;
    for (let waited = 0; !refreshed() && waited < 10_000; waited += 100)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(refreshed()).toBe(true);
    // The challenge of the first is answered again: nobody had to ask.
    expect(told('MD5', /challenged: over-udp/g)).toBe(1);
    expect(told('SHA-256', /challenged: over-tcp/g)).toBe(1);
    expect(await running.stop()).toBe(0);
    expect(told('MD5', /proven: us over udp, Expires 0/g)).toBe(1);
    expect(told('SHA-256', /proven: us over tcp, Expires 0/g)).toBe(1);
    expect(running.strayOutput).toEqual([]);
  });
});
