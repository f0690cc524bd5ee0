import { mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { configWarnings, loadConfig } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-tls-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'tls'));
for (const name of ['pbx.pem', 'pbx.key', 'office.pem', 'office.key', 'authority.pem'])
  writeFileSync(join(folder, 'tls', name), `-----BEGIN ${name}\n`);

function load(yaml: string, environment: Record<string, string> = {}): Config {
  const path = join(folder, 'patchbay.yaml');
  writeFileSync(path, yaml);
  return loadConfig({ path, environment });
}

writeFileSync(join(folder, 'tls/no.pem'), 'no PEM\n');

const pair = '{ certificate: { file: tls/pbx.pem }, key: { file: tls/pbx.key } }';
const listener = (parts = ''): string => `{ transport: tls, certificates: [${pair}]${parts} }`;

describe('a tls listener', () => {
  it('has port 5061, asks for no certificate, and takes TLS 1.2', () => {
    const [listen] = load(`sip: { listen: [${listener()}] }`).sip.listen;
    expect(listen).toMatchObject({
      ...{ transport: 'tls', address: '0.0.0.0', port: 5061 },
      ...{ clientCertificate: 'none', minVersion: 'TLSv1.2' },
    });
  });

  it('has its files read anew each time, and told when they are gone', () => {
    const [listen] = load(`sip: { listen: [${listener()}] }`).sip.listen;
    if (listen?.transport !== 'tls') throw new Error('no TLS listener');
    const [{ certificate } = { certificate: () => undefined }] = listen.certificates;
    expect(certificate()).toBe('-----BEGIN pbx.pem');
    writeFileSync(join(folder, 'tls/pbx.pem'), 'renewed');
    expect(certificate()).toBe('renewed');
    unlinkSync(join(folder, 'tls/pbx.pem'));
    expect(certificate()).toBeUndefined();
    writeFileSync(join(folder, 'tls/pbx.pem'), '-----BEGIN pbx.pem');
  });

  it.each([
    ['{ transport: tls }', 'sip.listen[0].certificates: missing, expected a list'],
    [
      '{ transport: tls, certificates: [] }',
      'sip.listen[0].certificates: found [], expected at least one certificate',
    ],
    [
      '{ transport: tls, certificates: [{ certificate: { file: gone }, key: x }] }',
      'sip.listen[0].certificates[0].certificate: found {"file":"gone"}, expected the file gone to hold the certificate or key',
    ],
    [
      '{ transport: tls, certificates: [{ certificate: tls/pbx.pem, key: tls/pbx.key }] }',
      'sip.listen[0].certificates[0].certificate: found "tls/pbx.pem", expected PEM, as text or by { env: VARIABLE } or { file: path }',
    ],
    [
      '{ transport: tls, certificates: [{ certificate: { file: tls/no.pem }, key: "-----BEGIN" }] }',
      'sip.listen[0].certificates[0].certificate: found {"file":"tls/no.pem"}, expected PEM',
    ],
    [`{ transport: tcp, certificates: [${pair}] }`, 'sip.listen[0].certificates: unknown key'],
    [
      listener(', minVersion: TLSv1'),
      'sip.listen[0].minVersion: found "TLSv1", expected one of TLSv1.2, TLSv1.3',
    ],
  ])('%s is a mistake', (listen, told) => {
    expect(() => load(`sip: { listen: [${listen}] }`)).toThrow(told);
  });

  it('has a port of its own in the environment', () => {
    const yaml = `sip: { listen: [{ transport: udp }, ${listener()}] }`;
    const ports = (environment: Record<string, string>): number[] =>
      load(yaml, environment).sip.listen.map(({ port }) => port);
    expect(ports({ PATCHBAY_SIP_PORT: '5070' })).toEqual([5070, 5061]);
    expect(ports({ PATCHBAY_SIP_TLS_PORT: '5071' })).toEqual([5060, 5071]);
  });
});

describe('a trunk over TLS', () => {
  it.each([
    ['inboundAuth: certificate', 'trunks[0].tls: missing, expected at least one of `names`'],
    ['inboundAuth: certificate, tls: {}', 'trunks[0].tls: found {}, expected at least one of `names`'],
    [
      'addresses: [192.0.2.1], tls: { certificate: "-----BEGIN x" }',
      'trunks[0].tls.certificate: found "-----BEGIN x", expected certificate and key together, or neither',
    ],
  ])('with %s is a mistake', (parts, told) => {
    expect(() => load(`trunks: [{ name: a, ${parts} }]`)).toThrow(told);
  });

  it('is warned of where it trusts anybody, or nothing listens for it', () => {
    const register = 'register: { registrars: ["sips:carrier.example"] }';
    const trunk = `{ name: a, inboundAuth: certificate, ${register}, tls: { names: [x], insecure: true } }`;
    expect(configWarnings(load(`trunks: [${trunk}]`))).toEqual([
      expect.stringContaining('tls.insecure'),
      expect.stringContaining('no tls listener asks'),
      expect.stringContaining('nothing in sip.listen'),
    ]);
    const heard = `sip: { listen: [${listener(', clientCertificate: request')}] }`;
    expect(configWarnings(load(`${heard}\ntrunks: [${trunk}]`))).toEqual([
      expect.stringContaining('insecure'),
    ]);
  });
});

it('what the documentation shows of TLS is valid', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/trunks.md'), 'utf8');
  const [section = ''] = /\n## Over TLS\n[\s\S]*?\n## /.exec(text) ?? [];
  const shown = [...section.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml!);
  expect(shown).toHaveLength(1);
  const { sip, trunks } = load(shown.join(''));
  expect(sip.listen.map(({ transport }) => transport)).toEqual(['udp', 'tls']);
  expect(trunks[0]).toMatchObject({ inboundAuth: 'certificate', tls: { names: ['carrier.example'] } });
});
