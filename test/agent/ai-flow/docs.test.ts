import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { warningLine } from '../../../src/agent/ai-flow/action-warning.ts';
import { parseActions } from '../../../src/agent/ai-flow/parse-actions.ts';

const docs = readFileSync(resolve(import.meta.dirname, '../../../docs/ai-flow.md'), 'utf8');
const eventTypes = [
  ...readFileSync(resolve(import.meta.dirname, '../../../src/agent/ai-flow/events.ts'), 'utf8').matchAll(
    /type: '(\w+)'/g,
  ),
];

it('docs/ai-flow.md has a row for every event that is told', () => {
  expect(eventTypes.length).toBeGreaterThanOrEqual(9);
  for (const [, type] of eventTypes) expect(docs).toMatch(new RegExp(`^\\| \`${type}\` \\|`, 'm'));
});

it('docs/ai-flow.md has a row for every action that is known', () => {
  const [warning] = parseActions({ type: 'unknown' }, '').warnings;
  const types = /^one of (.+)$/.exec(warning!.expected!)![1]!.split(', ');
  expect(types.length).toBeGreaterThanOrEqual(9);
  for (const type of types) expect(docs).toMatch(new RegExp(`^\\| \`${type}\` \\|`, 'm'));
});

it('docs/ai-flow.md quotes warnings as they are', () => {
  const quoted = /```\n((?:\w+\.\w+: found .+\n)+)```/.exec(docs)![1]!.trim().split('\n');
  const { warnings } = parseActions(
    [
      { type: 'speak', text: 'Hi', user_input_timeout_seconds: 'abc' },
      { type: 'mix_audio', audio: 'AAAA', volume: 3 },
    ],
    '',
  );
  expect(quoted).toEqual(warnings.map(warningLine));
});
