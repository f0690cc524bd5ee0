/** Sounds by name: the files of the configured folder, and those that come with the product. */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { OctetsCache } from './octets-cache.ts';
import { type Refused, refused } from './refusal.ts';

export type FolderRefusal = 'sound-unknown' | 'sound-unreadable' | 'sound-too-large';

export type FolderSound = { readonly ok: true; readonly value: Uint8Array } | Refused<FolderRefusal>;

export interface SoundFoldersOptions {
  /** Looked through in this order. */
  readonly folders: readonly string[];
  readonly mostOctets: number;
  readonly capacityOctets: number;
}

export class SoundFolders {
  readonly #options: SoundFoldersOptions;
  readonly #kept: OctetsCache<Kept>;

  constructor(options: SoundFoldersOptions) {
    this.#options = options;
    this.#kept = new OctetsCache(options.capacityOctets, ({ octets }) => octets.length);
  }

  /** `cafe`, `cafe.wav` or `jingles/noon.mp3`. Never leaves the folders, by whatever name or link. */
  async get(name: string): Promise<FolderSound> {
    if (name === '' || name.includes('\0') || isAbsolute(name)) return refused('sound-unknown');
    const endings = extname(name) === '' ? ['', ...extensions] : [''];
    for (const folder of this.#options.folders) {
      for (const ending of endings) {
        const path = await this.#pathWithin(folder, name + ending);
        const sound = path === undefined ? undefined : await this.#read(path);
        if (sound !== undefined) return sound;
      }
    }
    return refused('sound-unknown');
  }

  /** Undefined when there is no such file, or it lies elsewhere. */
  async #pathWithin(folder: string, name: string): Promise<string | undefined> {
    if (!isWithin(resolve(folder), resolve(folder, name))) return undefined;
    try {
      const [home, path] = await Promise.all([realpath(folder), realpath(join(folder, name))]);
      return isWithin(home, path) ? path : undefined;
    } catch {
      return undefined;
    }
  }

  /** Undefined for what is no file. A file that has not changed is not read again. */
  async #read(path: string): Promise<FolderSound | undefined> {
    try {
      // Opening a pipe must not wait for somebody to write into it.
      const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        return await this.#readOpened(path, file);
      } finally {
        await file.close();
      }
    } catch (error) {
      return refused('sound-unreadable', error instanceof Error ? error.message : undefined);
    }
  }

  async #readOpened(path: string, file: FileHandle): Promise<FolderSound | undefined> {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    if (stats.size > this.#options.mostOctets) return refused('sound-too-large');
    const kept = this.#kept.get(path);
    if (kept?.mtimeMs === stats.mtimeMs && kept.octets.length === stats.size)
      return { ok: true, value: kept.octets };
    const octets = new Uint8Array(await file.readFile());
    this.#kept.set(path, { octets, mtimeMs: stats.mtimeMs });
    return { ok: true, value: octets };
  }
}

interface Kept {
  readonly octets: Uint8Array;
  readonly mtimeMs: number;
}

function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return inside !== '' && inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside);
}

const extensions: readonly string[] = ['.wav', '.mp3', '.flac', '.ogg', '.opus', '.m4a'];
