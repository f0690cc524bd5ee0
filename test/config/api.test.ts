import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { configWarnings, loadConfig } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-api-'));
afterAll(() => rmSync(folder, { recursive: true }));

const flows = `
flows:
  support: { agent: { kind: echo }, id: ai-1 }
  sales: { agent: { kind: echo } }
`;

function load(api: string, others: string = flows, environment: Record<string, string> = {}): Config {
  const path = join(folder, 'patchbay.yaml');
  writeFileSync(path, `${others}\napi: ${api}\n`);
  return loadConfig({ path, environment });
}

const token = '0123456789abcdef';

describe('the section api', () => {
  it('has no token, and so is off, until somebody writes one', () => {
    expect(loadConfig({ path: undefined, environment: {} }).api).toEqual({
      address: '127.0.0.1',
      port: 8081,
      tokens: [],
    });
  });

  it('takes tokens from the environment, for all flows or for some', () => {
    const { api } = load(
      '{ tokens: [{ name: crm, token: { env: CRM } }, { name: dialler, token: "fedcba9876543210", flows: [sales] }] }',
      flows,
      { CRM: token },
    );
    expect(api.tokens).toEqual([
      { name: 'crm', token },
      { name: 'dialler', token: 'fedcba9876543210', flows: ['sales'] },
    ]);
  });

  it.each([
    [`{ tokens: [{ name: a, token: "short" }] }`, 'api.tokens[0].token: expected 16 characters or more'],
    [`{ tokens: "${token}" }`, 'api.tokens: expected a list'],
    [
      `{ tokens: [{ name: a, token: "${token}" }, { name: a, token: "${token}" }] }`,
      'a name of its own for each token',
    ],
    [
      `{ tokens: [{ name: a, token: "${token}", flows: [sale] }] }`,
      'api.tokens[0].flows[0]: found "sale", expected the name of a flow; did you mean "sales"?',
    ],
  ])('tells what is wrong with %s, and no token', (api, mistake) => {
    expect(() => load(api)).toThrow(mistake);
    expect(() => load(api)).not.toThrow(token);
    expect(() => load(api)).not.toThrow('"short"');
  });

  it.each([
    ['support: { agent: { kind: echo }, id: sales }', 'flows.support.id'],
    ['support: { agent: { kind: echo }, id: x }, other: { agent: { kind: echo }, id: x }', 'flows.other.id'],
  ])('knows a flow by one name or id: %s', (more, key) => {
    const others = `flows: { sales: { agent: { kind: echo } }, ${more} }`;
    expect(() => load('{}', others)).toThrow(`${key}: another flow has this name or id`);
  });

  it('warns of tokens that travel in the clear', () => {
    const clear = `{ address: 0.0.0.0, tokens: [{ name: a, token: "${token}" }] }`;
    expect(configWarnings(load(clear)).join()).toContain('api: its tokens travel in the clear');
    expect(configWarnings(load(clear.replace('0.0.0.0', '127.0.0.1'))).join()).not.toContain('api:');
  });

  it('names the headers that an app may ask for, and no other', () => {
    const flow = (sipHeaders: string) =>
      `flows: { a: { agent: { kind: ai-flow, url: "http://x", events: { sipHeaders: ${sipHeaders} } } } }`;
    const { agent } = load('{}', flow('[X-Customer, Diversion]')).flows['a']!;
    expect(agent).toMatchObject({ events: { sipHeaders: ['X-Customer', 'Diversion'] } });
    expect(() => load('{}', flow('[From]'))).toThrow('sipHeaders');
  });
});
