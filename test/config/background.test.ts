import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { FlowConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchbay-background-'));
afterAll(() => rmSync(folder, { recursive: true }));

function flow(yaml: string): FlowConfig {
  const path = join(folder, 'patchbay.yaml');
  writeFileSync(path, `flows:\n  a: { agent: { kind: echo }, ${yaml} }`);
  return loadConfig({ path, environment: {} }).flows['a']!;
}

describe("a flow's background", () => {
  it('is a sound by name, one with its settings, or a list of both', () => {
    const { background } = flow(
      'background: { ambientSound: office, thinkingSound: [keyboard, { source: rain, probability: 0.2 }] }',
    );
    expect(background?.ambientSound).toEqual([
      {
        source: 'office',
        volume: 1,
        probability: undefined,
        fadeIn: 0,
        fadeOut: 0,
        loop: true,
        startsAnywhere: false,
      },
    ]);
    expect(background?.thinkingSound).toMatchObject([
      { source: 'keyboard', probability: 1 },
      { source: 'rain', probability: 0.2 },
    ]);
  });

  it('takes volumes as factors and in decibels', () => {
    for (const [volume, linear] of [
      ['0.5', 0.5],
      ['"-6 dB"', 0.501],
      ['"+20dB"', 10],
    ] as const) {
      const { background } = flow(`background: { ambientSound: { source: office, volume: ${volume} } }`);
      expect(background?.ambientSound?.[0]?.volume).toBeCloseTo(linear, 3);
    }
  });

  it('has paths relative to the file', () => {
    const { background } = flow('background: { thinkingSound: { source: ./own/keys.wav } }');
    expect(background?.thinkingSound?.[0]?.source).toBe(resolve(folder, 'own/keys.wav'));
  });

  it('ducks as told, and not at all unless told', () => {
    const { background, ambience } = flow(
      'background: { thinkingSound: { source: keyboard, ducking: {} } }, ambience: { sound: cafe }',
    );
    expect(background?.thinkingSound?.[0]?.ducking).toEqual({ depthDb: 12, attackMs: 100, releaseMs: 400 });
    expect(ambience?.ducking).toBeUndefined();
  });

  it.each([
    [
      'background: { ambientSound: { source: office, volume: 11 } }',
      'expected in volume a number from 0 to 10',
    ],
    [
      'background: { ambientSound: { source: office, volume: loud } }',
      'expected in volume a number from 0 to 10, or up to',
    ],
    ['background: { ambientSound: [] }', 'expected a sound: its name'],
    ['background: { ambientSound: { sorce: office } }', 'expected a sound: its name'],
    [
      'background: { thinkingSound: [rain, { source: rain, fadeIn: -1 }] }',
      'thinkingSound[1].fadeIn: found -1, expected a number',
    ],
    ['background: { thinkingSound: 7 }', 'expected a sound: its name'],
    [
      'background: { ambientSound: office }, ambience: { sound: cafe }',
      'either this or background.ambientSound',
    ],
  ])('%s is a mistake, told as such', (yaml, told) => {
    expect(() => flow(yaml)).toThrow(told);
  });
});
