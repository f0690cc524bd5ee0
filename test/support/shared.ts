/** Third-party captures and corpora, read where they lie: a folder `shared` beside the project. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const shared: string = resolve(import.meta.dirname, '../../../shared');

/** The path of a file or folder in `shared`, or undefined, having said so, when it is absent. */
export function sharedPath(...parts: string[]): string | undefined {
  const path = join(shared, ...parts);
  if (existsSync(path)) return path;
  process.stderr.write(`skipped: no shared/${parts.join('/')} beside the project\n`);
  return undefined;
}
