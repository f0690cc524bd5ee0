import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** May be imported from everywhere: no I/O, no state of the process. */
const foundation = [
  'src/result.ts',
  'src/invariant.ts',
  'src/clock.ts',
  'src/logger.ts',
  'src/errors.ts',
  'src/error-detail.ts',
  'src/duration-histogram.ts',
];

/** Folder -> folders of ours it may import, itself always. Folders that do no I/O are marked `pure`. */
const allowed: Record<string, { imports: readonly string[]; pure?: true }> = {
  codecs: { imports: [], pure: true },
  'src/sip': { imports: [], pure: true },
  'src/sdp': { imports: [], pure: true },
  'src/rtp': { imports: [], pure: true },
  'src/audio': { imports: ['codecs'], pure: true },
  'src/jitter': { imports: ['src/rtp', 'codecs'], pure: true },
  'src/mixer': { imports: ['src/audio'], pure: true },
  'src/media': {
    imports: ['codecs', 'src/sdp', 'src/rtp', 'src/jitter', 'src/audio', 'src/mixer'],
    pure: true,
  },
  'src/net': { imports: [] },
  'src/speech': { imports: ['src/audio', 'codecs'] },
  // Getting sounds needs the network and the disk; decoding them needs programs. The rest of sound is in `src/audio`.
  'src/sound': { imports: ['src/audio'] },
  'src/store': { imports: [] },
  'src/agent': { imports: ['src/audio', 'src/speech', 'codecs'] },
  'src/call': {
    imports: [
      'src/sip',
      'src/sdp',
      'src/media',
      'src/speech',
      'src/agent',
      'src/audio',
      'src/sound',
      'src/store',
    ],
  },
  'src/api': { imports: ['src/call', 'src/agent'] },
  'src/admin': { imports: ['src/call', 'src/agent', 'src/audio', 'src/media', 'src/store'] },
};

/** Composition roots and commands know every concrete class. */
const roots = [
  'src/app',
  'src/main',
  'src/config',
  'src/log',
  'src/cli',
  'src/media-worker',
  'src/clip-worker',
  'src/speech-worker',
  'src/listening-worker',
  'src/recognizer-worker',
];

/** Node modules that compute and do no I/O. */
const computing = new Set(['node:crypto', 'node:buffer']);

describe('the architecture', () => {
  const files = [...sources('codecs'), ...sources('src')];

  it('lets each folder import only what the table allows', () => {
    const offences: string[] = [];
    for (const file of files) {
      const folder = folderOf(file);
      if (folder === undefined) continue;
      for (const imported of importsOf(file)) {
        if (!imported.startsWith('.')) continue;
        const target = relative(root, resolve(root, dirname(file), imported));
        if (foundation.includes(target)) continue;
        const targetFolder = folderOf(target);
        const permitted = targetFolder === folder || allowed[folder]!.imports.includes(targetFolder ?? '');
        if (!permitted) offences.push(`${file} imports ${target}`);
      }
    }
    expect(offences).toEqual([]);
  });

  it('keeps sockets, files and threads out of the folders that do no I/O', () => {
    const offences: string[] = [];
    for (const file of files) {
      const folder = folderOf(file);
      if (folder === undefined || !allowed[folder]!.pure) continue;
      for (const imported of importsOf(file)) {
        if (imported.startsWith('node:') && !computing.has(imported))
          offences.push(`${file} imports ${imported}`);
      }
    }
    expect(offences).toEqual([]);
  });

  it('has a place in the table for every file', () => {
    const homeless = files.filter(
      (file) =>
        folderOf(file) === undefined &&
        !foundation.includes(file) &&
        !roots.some((name) => file === `${name}.ts` || file.startsWith(`${name}/`)),
    );
    expect(homeless).toEqual([]);
  });
});

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('assembly/'))
    .map((name) => join(folder, name));
}

function folderOf(file: string): string | undefined {
  return Object.keys(allowed).find((folder) => file.startsWith(`${folder}/`));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s+['"]([^'"]+)['"]/g)].map(
    (match) => match[1]!,
  );
}
