import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

it.runIf(process.platform === 'linux')(
  'a thread that goes before others leaves the rest of its process where it was',
  async () => {
    const url = new URL('../../src/net/thread-priority.ts', import.meta.url).href;
    // Going behind others is always permitted.
    const worker = new Worker(
      `import(${JSON.stringify(url)}).then(({ raiseThreadPriority }) => {
        const raised = raiseThreadPriority(5);
        const { readFileSync } = require('node:fs');
        require('node:worker_threads').parentPort.postMessage([raised, readFileSync('/proc/thread-self/stat', 'utf8')]);
      });`,
      { eval: true },
    );
    const before = niceIn(readFileSync('/proc/thread-self/stat', 'utf8'));
    const [raised, stat] = await new Promise<[boolean, string]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    expect(raised).toBe(true);
    expect(niceIn(stat)).toBe(5);
    expect(niceIn(readFileSync('/proc/thread-self/stat', 'utf8'))).toBe(before);
  },
);

/** Field 19 of proc(5), counted from behind the command's name. */
function niceIn(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
}
