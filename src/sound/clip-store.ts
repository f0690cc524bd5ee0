import { createHash } from 'node:crypto';
import type { Clip } from '../audio/clip.ts';
import { type ClipForm, clipHash } from '../audio/make-clip.ts';
import type { SoundReference, SoundSource } from '../audio/sound-source.ts';
import type { DecodeRefusal } from './decoded-sound.ts';
import type { DownloadRefusal } from './download.ts';
import { OctetsCache } from './octets-cache.ts';
import type { Refused } from './refusal.ts';
import type { FolderRefusal } from './sound-folders.ts';

/** Why there is no clip. */
type ClipRefusal =
  | DecodeRefusal
  | DownloadRefusal
  | FolderRefusal
  /** More sounds wait to be decoded than may. */
  | 'decoder-busy'
  | 'decoder-failed';

export type LoadedClip = { readonly ok: true; readonly value: Clip } | Refused<ClipRefusal>;

export interface ClipStoreOptions {
  /** Gets the octets that a reference stands for. Never rejects. */
  readonly read: (
    reference: SoundReference,
  ) => Promise<{ readonly ok: true; readonly value: Uint8Array } | Refused<ClipRefusal>>;
  /** Decodes, elsewhere than on this thread. Never rejects. `sourceHash` is the SHA-256 of the octets, hex. */
  readonly prepare: (octets: Uint8Array, sourceHash: string, form: ClipForm) => Promise<LoadedClip>;
  readonly capacityOctets: number;
}

/**
 * Sounds decoded once for the process and each rate, and shared by every call that plays them. Those used least
 * recently are let go when there are too many; a call that plays one keeps it alive by itself.
 */
export class ClipStore {
  readonly #options: ClipStoreOptions;
  readonly #clips: OctetsCache<Clip>;
  /** Clips being made: whoever wants the same one waits for it. */
  readonly #making = new Map<string, Promise<LoadedClip>>();
  /** Octets that come again as the same object, a named sound's at each call, are not hashed again. */
  readonly #hashes = new WeakMap<Uint8Array, string>();

  constructor(options: ClipStoreOptions) {
    this.#options = options;
    this.#clips = new OctetsCache(options.capacityOctets, ({ samples }) => samples.byteLength);
  }

  /** Of clips that are kept. */
  get octets(): number {
    return this.#clips.octets;
  }

  /** Never rejects. `loudnessLufs` brings the sound to that loudness; without it the sound is left as it is. */
  async load(
    source: SoundSource,
    rateHz: number,
    loudnessLufs?: ClipForm['loudnessLufs'],
  ): Promise<LoadedClip> {
    const read = source instanceof Uint8Array ? source : await this.#options.read(source);
    if (!(read instanceof Uint8Array) && !read.ok) return read;
    const octets = read instanceof Uint8Array ? read : read.value;
    const sourceHash = this.#hashOf(octets);
    const key = `${clipHash(sourceHash, loudnessLufs)}/${rateHz}`;
    const known = this.#clips.get(key);
    if (known !== undefined) return { ok: true, value: known };
    const making = this.#making.get(key) ?? this.#make(key, octets, sourceHash, { rateHz, loudnessLufs });
    return making;
  }

  #make(key: string, octets: Uint8Array, sourceHash: string, form: ClipForm): Promise<LoadedClip> {
    const making = this.#options.prepare(octets, sourceHash, form).then((made) => {
      this.#making.delete(key);
      if (made.ok) this.#clips.set(key, made.value);
      return made;
    });
    this.#making.set(key, making);
    return making;
  }

  /** A millisecond for each megabyte. */
  #hashOf(octets: Uint8Array): string {
    const known = this.#hashes.get(octets);
    if (known !== undefined) return known;
    const hash = createHash('sha256').update(octets).digest('hex');
    this.#hashes.set(octets, hash);
    return hash;
  }
}
