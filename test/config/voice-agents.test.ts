import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toolDefinitions } from '../../src/agent/voice-agent/built-in-tools.ts';
import { loadConfig } from '../../src/config/load.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../docs/voice-agents.md'), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'patchbay-voice-agents-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the page about voice agents', () => {
  it('shows flows that are valid', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(page)![1]!;
    expect(yaml).toContain('kind: openai-realtime');
    const path = join(folder, 'patchbay.yaml');
    writeFileSync(path, yaml);
    const environment = { ASSEMBLYAI_API_KEY: 'a', OPENAI_API_KEY: 'b' };
    expect(Object.keys(loadConfig({ path, environment }).flows)).toEqual(['reception', 'concierge']);
  });

  it('names every tool there is', () => {
    const all = toolDefinitions({
      hangUp: true,
      transferTo: { a: '1' },
      transferAnywhere: false,
      transferTimeoutMs: 1,
      sendDigits: true,
      sounds: ['a'],
      backgrounds: ['a'],
    });
    for (const { name } of all) expect(page).toContain(`| \`${name}`);
  });
});
