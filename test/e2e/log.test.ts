/** The log of a process that ends, read from its pipe. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const logger = resolve(import.meta.dirname, '../../src/log.ts');
const LINES = 3000;

function run(end: string): { readonly lines: readonly number[]; readonly code: number | null } {
  const program = `
    import { createLogger } from ${JSON.stringify(logger)};
    const log = createLogger({ level: 'info', redactNumbers: false, redactTranscripts: false });
    process.on('SIGTERM', () => process.exit(4));
    for (let line = 0; line < ${LINES}; line++) log.info({ line }, 'event');
    ${end}
  `;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const lines = stdout.trim().split('\n');
  const numbers = lines.map((line) => (JSON.parse(line) as { line: number }).line);
  // Lines that were being written as the process ended are written once more, for nobody can tell whether they arrived.
  return { lines: [...new Set(numbers)], code: status };
}

describe('what was logged last', () => {
  const everything = Array.from({ length: LINES }, (_, line) => line);

  it.each([
    ['has nothing left to do', '', 0],
    ['exits', 'process.exit(3);', 3],
    ['throws where nobody catches', "throw new Error('a bug');", 1],
    ['is told to stop', "setInterval(() => {}, 1000); process.kill(process.pid, 'SIGTERM');", 4],
  ])('is written, whole and in order, by a process that %s', (_, end, code) => {
    expect(run(end)).toEqual({ lines: everything, code });
  });
});
