import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { TrunkConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { SwitchError } from '../../src/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-trunks-'));
afterAll(() => rmSync(folder, { recursive: true }));

function load(trunks: string, environment: Record<string, string> = {}): readonly TrunkConfig[] {
  const path = join(folder, 'patchbay.yaml');
  writeFileSync(path, `trunks:\n${trunks}`);
  return loadConfig({ path, environment }).trunks;
}

function mistakes(trunks: string): string[] {
  try {
    load(trunks);
  } catch (error) {
    if (!(error instanceof SwitchError)) throw error;
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe('a trunk', () => {
  it('that only names addresses is believed by them, and tells us nothing of callers', () => {
    expect(load('  - { name: pbx, addresses: [192.0.2.0/24] }')).toEqual([
      {
        name: 'pbx',
        addresses: ['192.0.2.0/24'],
        symmetricRtp: false,
        inboundAuth: 'address',
        accounts: [],
        trusted: false,
        mayRefer: false,
        srtp: 'never',
        reliableProvisionals: true,
        sessionTimers: { mode: 'accept', intervalS: 1800, minS: 90 },
      },
    ]);
  });

  it('to register with needs no addresses: its registrars have them', () => {
    const [trunk] = load(
      '  - { name: carrier, auth: { username: us, password: { env: PASSWORD } }, register: { registrars: ["sip:carrier.example;transport=tcp"] } }',
      { PASSWORD: 'secret' },
    );
    expect(trunk).toMatchObject({
      addresses: [],
      auth: { username: 'us', password: 'secret' },
      register: { registrars: ['sip:carrier.example;transport=tcp'], expiresS: 600 },
    });
  });

  it.each([
    ['{ name: a }', 'trunks[0].addresses: found [], expected at least one address'],
    [
      '{ name: a, inboundAuth: both, addresses: [192.0.2.1] }',
      'trunks[0].accounts: found [], expected at least one account',
    ],
    ['{ name: a, inboundAuth: digest }', 'trunks[0].accounts: found [], expected at least one account'],
    [
      '{ name: a, inboundAuth: digest, accounts: [{ username: r, password: "" }] }',
      'trunks[0].accounts[0].password: expected text that is not empty',
    ],
    [
      '{ name: a, register: { registrars: ["sip:x@carrier.example"] } }',
      'trunks[0].register.registrars[0]: found "sip:x@carrier.example", expected a URI like sip:pbx.example.com',
    ],
    [
      '{ name: a, register: { registrars: [] } }',
      'trunks[0].register.registrars: found [], expected at least one registrar',
    ],
    [
      '{ name: a, addresses: [192.0.2.1], sessionTimers: { minS: 10 } }',
      'trunks[0].sessionTimers.minS: found 10, expected a whole number from 90 to 86400',
    ],
    [
      '{ name: a, addresses: [192.0.2.1], auth: { username: us, password: 7 } }',
      'trunks[0].auth.password: expected text, { env: VARIABLE } or { file: path }',
    ],
  ])('%s is a mistake', (trunk, told) => {
    expect(mistakes(`  - ${trunk}`).map((line) => line.replace(/^patchbay\.yaml:\d+: /, ''))).toEqual([
      // What is left out was not found anywhere.
      told.replace('found [], expected at least one a', 'missing, expected at least one a'),
    ]);
  });

  it('has a name of its own, and accounts that no other trunk with digest has', () => {
    const account = 'inboundAuth: digest, accounts: [{ username: alice, password: x }]';
    expect(mistakes(`  - { name: a, ${account} }\n  - { name: a, ${account} }`)).toEqual([
      'patchbay.yaml:3: trunks[1].name: found "a", expected a name of its own',
      'patchbay.yaml:3: trunks[1].accounts[0].username: found "alice", expected a name no other trunk with digest has',
    ]);
  });
});

it('the trunks shown in the documentation are valid', () => {
  const text = readFileSync(resolve(import.meta.dirname, '../../docs/trunks.md'), 'utf8');
  const shown = [...text.matchAll(/```yaml\ntrunks:\n([\s\S]*?)```/g)].map(([, trunks]) => trunks!);
  expect(shown).toHaveLength(4);
  mkdirSync(join(folder, 'secrets'), { recursive: true });
  writeFileSync(join(folder, 'secrets/reception'), 'secret');
  for (const trunks of shown) expect(load(trunks, { CARRIER_PASSWORD: 'secret' })).toHaveLength(1);
});
