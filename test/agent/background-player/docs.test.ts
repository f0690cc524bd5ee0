import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';

const text = readFileSync(resolve(import.meta.dirname, '../../../docs/background-sound.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'patchbay-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the documentation of background sound', () => {
  it('shows a configuration that is valid', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
    const path = join(folder, 'patchbay.yaml');
    writeFileSync(path, yaml);
    const { background } = loadConfig({ path, environment: {} }).flows['support']!;
    expect(background?.ambientSound).toMatchObject([{ source: 'office', startsAnywhere: true }]);
    expect(background?.ambientSound?.[0]?.volume).toBeCloseTo(0.25, 2);
    expect(background?.thinkingSound).toMatchObject([
      { source: 'keyboard', probability: 0.6 },
      { source: join(folder, 'own/pages.wav'), probability: 0.2, startAfterMs: 800 },
    ]);
  });

  it('names every key that a sound has', () => {
    const schema = JSON.stringify(
      JSON.parse(readFileSync(resolve(import.meta.dirname, '../../../config/schema.json'), 'utf8')),
    );
    const [, keys = ''] = /"source":\{[^}]*\},"volume"(.*?)"required":\["source"\]/.exec(schema) ?? [];
    const names = [
      ...keys.matchAll(
        /"(probability|fadeIn|fadeOut|startAfterMs|loop|loudnessLufs|startsAnywhere|ducking)":\{/g,
      ),
    ];
    expect(names).toHaveLength(8);
    for (const [, name] of names) expect(text).toContain(`\`${name}\``);
  });
});
