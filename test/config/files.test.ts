import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { generate } from '../../tools/generate-config-reference.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'patchbay-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const load = (name: string, environment: Record<string, string> = {}): Config =>
  loadConfig({ path: join(root, 'config', name), environment });

describe('the files in config', () => {
  it('default.yaml is every default, and nothing else', () => {
    expect(load('default.yaml')).toEqual(loadConfig({ path: undefined, environment: {} }));
  });

  it('example.yaml is valid once its secrets are there', () => {
    const config = load('example.yaml', {
      SUPPORT_AGENT_TOKEN: 'secret',
      CONCIERGE_AUTHORIZATION: 'Bearer x',
    });
    expect(config.flows['support']?.agent).toMatchObject({ kind: 'ai-flow', token: 'secret' });
    expect(() => load('example.yaml')).toThrow(/SUPPORT_AGENT_TOKEN[\s\S]*CONCIERGE_AUTHORIZATION/);
  });

  it('bench.yaml has ports for 900 calls and the flows of the benchmarks', () => {
    const { flows, media, limits } = load('bench.yaml');
    expect(Object.keys(flows)).toEqual([
      'echo',
      'agent',
      'agent-plain',
      'asterisk',
      'twilio',
      'deepgram',
      'elevenlabs',
    ]);
    expect((media.portMax - media.portMin + 1) / 2).toBeGreaterThan(900);
    expect(limits.maxCalls).toBeGreaterThan(900);
    expect(flows['agent']?.ambience).toMatchObject({ sound: 'cafe', gain: 0.3 });
    expect(flows['agent-plain']?.ambience).toBeUndefined();
  });

  it('schema.json and the tables of the documentation follow from the schema (node tools/generate-config-reference.ts)', () => {
    for (const [path, text] of generate()) expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });
});

describe('the documentation of the configuration', () => {
  const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8');

  it('shows a smallest configuration that is valid', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const path = join(folder, 'smallest.yaml');
    writeFileSync(path, yaml);
    expect(loadConfig({ path, environment: { AGENT_TOKEN: 'x' } }).routes).toEqual([
      { number: '*', flow: 'support' },
    ]);
  });

  it('shows mistakes as they are told', () => {
    const path = join(folder, 'patchbay.yaml');
    writeFileSync(
      path,
      [
        'trunks:',
        '  - name: pbx',
        '    adresses: []',
        'flows:',
        '  support:',
        '    agent: { kind: ai-flow, url: "http://x",',
        '      timeoutMs: 8s }',
      ].join('\n'),
    );
    const [, shown = ''] = /```\n(The configuration has mistakes[\s\S]*?)```/.exec(text) ?? [];
    const [title, ...lines] = shown.trim().split('\n');
    expect(lines.length).toBe(3);
    for (const line of [title!, ...lines])
      expect(() => loadConfig({ path, environment: { PATCHBAY_ADMIN_PORT: 'http' } })).toThrow(line.trim());
  });
});
