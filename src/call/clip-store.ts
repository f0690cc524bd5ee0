import { createHash } from 'node:crypto';
import type { Clip } from '../audio/clip.ts';

/** Why octets that should be sound are not. */
export type ClipRefusal = string;

/** Makes a clip at a rate out of a sound file's octets. */
export type ClipDecoder = (
  octets: Uint8Array,
  rateHz: number,
) => { readonly ok: true; readonly value: Clip } | { readonly ok: false; readonly reason: ClipRefusal };

/**
 * Sound files decoded once per rate and shared by every call that plays them. Least recently used clips go first when
 * `capacityOctets` is passed; a call that plays one keeps it alive by itself.
 */
export class ClipStore {
  readonly #decode: ClipDecoder;
  readonly #capacityOctets: number;
  /** Octets that come again as the same object, a flow's ambience at each call, are not hashed again. */
  readonly #hashes = new WeakMap<Uint8Array, string>();
  readonly #clips = new Map<string, Clip>();
  #octets = 0;

  constructor(options: { decode: ClipDecoder; capacityOctets?: number }) {
    this.#decode = options.decode;
    this.#capacityOctets = options.capacityOctets ?? DEFAULT_CAPACITY_OCTETS;
  }

  get octets(): number {
    return this.#octets;
  }

  decode(octets: Uint8Array, rateHz: number): ReturnType<ClipDecoder> {
    const key = `${rateHz}:${this.#hashOf(octets)}`;
    const known = this.#clips.get(key);
    if (known !== undefined) {
      this.#clips.delete(key);
      this.#clips.set(key, known);
      return { ok: true, value: known };
    }
    const decoded = this.#decode(octets, rateHz);
    if (decoded.ok) this.#keep(key, decoded.value);
    return decoded;
  }

  #hashOf(octets: Uint8Array): string {
    const known = this.#hashes.get(octets);
    if (known !== undefined) return known;
    const hash = createHash('sha256').update(octets).digest('hex');
    this.#hashes.set(octets, hash);
    return hash;
  }

  #keep(key: string, clip: Clip): void {
    this.#clips.set(key, clip);
    this.#octets += clip.samples.byteLength;
    for (const [oldestKey, oldest] of this.#clips) {
      if (this.#octets <= this.#capacityOctets || oldestKey === key) break;
      this.#clips.delete(oldestKey);
      this.#octets -= oldest.samples.byteLength;
    }
  }
}

const DEFAULT_CAPACITY_OCTETS = 256 * 1024 * 1024;
