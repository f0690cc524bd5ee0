import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toolDefinitions } from '../../src/agent/voice-agent/built-in-tools.ts';
import { loadConfig } from '../../src/config/load.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'patchbay-agent-pages-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pages = ['agent-backends', 'voice-agents', 'audio-socket', 'jambonz'].map((name) => ({
  name,
  text: readFileSync(join(root, `docs/${name}.md`), 'utf8'),
}));
const schema = JSON.parse(readFileSync(join(root, 'config/schema.json'), 'utf8'));
const kinds: string[] = schema.properties.flows.additionalProperties.properties.agent.oneOf.map(
  (agent: { properties: { kind: { const: string } } }) => agent.properties.kind.const,
);

describe('the pages about agents', () => {
  const blocks = pages.flatMap(({ name, text }) =>
    [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml], index) => ({
      name,
      number: index + 1,
      yaml: yaml!,
    })),
  );

  it.each(blocks)('show flows that are valid: $name, $number', ({ yaml }) => {
    const path = join(folder, 'patchbay.yaml');
    writeFileSync(path, yaml);
    const secrets = [...yaml.matchAll(/env: (\w+)/g)].map(([, name]) => [name, 'secret']);
    const { flows } = loadConfig({ path, environment: Object.fromEntries(secrets) });
    expect(Object.keys(flows).length).toBeGreaterThan(0);
  });

  it('compare all kinds there are, and show a flow for each', () => {
    const { text } = pages[0]!;
    const wired = kinds.filter((kind) => kind !== 'echo' && kind !== 'demo');
    for (const kind of wired) expect(text, kind).toMatch(new RegExp(`^\\| \`${kind}\` \\|`, 'm'));
    for (const kind of wired)
      expect(text, kind).toContain(`kind: ${kind},`.replace('deepgram-agent,', 'deepgram-agent'));
  });

  it('name every tool there is', () => {
    const all = toolDefinitions({
      hangUp: true,
      transferTo: { a: '1' },
      transferAnywhere: false,
      transferTimeoutMs: 1,
      sendDigits: true,
      sounds: ['a'],
      backgrounds: ['a'],
    });
    for (const { name } of all) expect(pages[1]!.text).toContain(`| \`${name}`);
  });
});

describe('config/agents.yaml', () => {
  it('is valid once its secrets are there, and has a flow for every kind of agent', () => {
    const path = join(root, 'config/agents.yaml');
    const names = [...readFileSync(path, 'utf8').matchAll(/env: (\w+)/g)].map(([, name]) => name!);
    const environment = Object.fromEntries(names.map((name) => [name, 'secret']));
    const { flows } = loadConfig({ path, environment });
    expect(new Set(Object.values(flows).map(({ agent }) => agent.kind))).toEqual(new Set(kinds));
    expect(() => loadConfig({ path, environment: {} })).toThrow(names[0]);
  });
});
