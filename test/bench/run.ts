/** `npm run bench`: every benchmark in turn, or those whose names are given. Figures compare within one run. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const notBenches = new Set(['run.ts', 'measure.ts']);
const asked = process.argv.slice(2);
const benches = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !notBenches.has(file))
  .filter((file) => asked.length === 0 || asked.includes(basename(file, '.ts')))
  .sort();

for (const bench of benches) {
  process.stdout.write(`\n== ${basename(bench, '.ts')}\n`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, bench)], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
