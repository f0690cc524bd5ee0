/** Models that come with npm packages: found, held against the fingerprint they were tested with, and made ready. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-web/wasm';

/**
 * `file` is a package's name and a path below its folder. Rejects when the file is not there, is not the one with
 * this SHA-256, or cannot be run here.
 */
export async function loadModel(file: string, sha256: string): Promise<InferenceSession> {
  // Threads of its own would compete with the media workers for cores.
  env.wasm.numThreads = 1;
  const octets = await readFile(pathOf(file));
  const found = createHash('sha256').update(octets).digest('hex');
  if (found !== sha256) throw new Error(`${file} is not the model that this was tested with`);
  return InferenceSession.create(octets);
}

/** By folder: what a package exports to code leaves its data out. */
function pathOf(file: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(file) ?? [];
  const path = folders.map((folder) => join(folder, file)).find(existsSync);
  if (path === undefined) throw new Error(`${file} is not installed`);
  return path;
}
