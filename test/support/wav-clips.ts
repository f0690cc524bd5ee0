import { setImmediate } from 'node:timers/promises';
import { prepareClip } from '../../src/audio/prepare-clip.ts';
import { ClipStore, type LoadedClip } from '../../src/sound/clip-store.ts';

/** A clip store for WAV files only, which decodes them here and at once. */
export function wavClips(): ClipStore {
  return new ClipStore({
    read: () => Promise.resolve({ ok: false, reason: 'sound-unknown' }),
    prepare: (octets, _hash, { rateHz, loudnessLufs }) =>
      Promise.resolve(prepareClip(octets, rateHz, loudnessLufs)),
    capacityOctets: 2 ** 30,
  });
}

/** One in which every sound waits to be decoded until the test says so, in any order. */
export class HeldClips {
  readonly store: ClipStore;
  readonly #held = new Map<Uint8Array, () => void>();

  constructor() {
    this.store = new ClipStore({
      read: () => Promise.resolve({ ok: false, reason: 'sound-unknown' }),
      prepare: (octets, _hash, { rateHz, loudnessLufs }) =>
        new Promise<LoadedClip>((resolve) => {
          this.#held.set(octets, () => resolve(prepareClip(octets, rateHz, loudnessLufs)));
        }),
      capacityOctets: 2 ** 30,
    });
  }

  async release(octets: Uint8Array): Promise<void> {
    const release = this.#held.get(octets);
    if (release === undefined) throw new Error('nobody has asked for this sound');
    release();
    await setImmediate();
  }
}
