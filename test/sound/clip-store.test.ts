import { describe, expect, it } from 'vitest';
import type { SoundReference } from '../../src/audio/sound-source.ts';
import { ClipStore, type LoadedClip } from '../../src/sound/clip-store.ts';

/** A store whose sounds are single octets, 200 octets decoded; 0 is no sound. */
function storeOf(capacityOctets: number) {
  const made: string[] = [];
  const read: SoundReference[] = [];
  const store = new ClipStore({
    capacityOctets,
    read: (reference) => {
      read.push(reference);
      return Promise.resolve({ ok: true, value: Uint8Array.of(7) });
    },
    prepare: (octets, sourceHash, { rateHz, loudnessLufs }) => {
      made.push(`${octets[0]}@${rateHz}${loudnessLufs ?? ''}`);
      const samples = new Int16Array(new SharedArrayBuffer(200));
      return Promise.resolve<LoadedClip>(
        octets[0] === 0
          ? { ok: false, reason: 'not-a-sound' }
          : { ok: true, value: { hash: sourceHash, rateHz, samples } },
      );
    },
  });
  return { store, made, read };
}

const samplesOf = (loaded: LoadedClip) => (loaded.ok ? loaded.value.samples : undefined);

describe('the clip store', () => {
  it('decodes a sound once for each rate and gives every call the same samples', async () => {
    const { store, made } = storeOf(10_000);
    const first = await store.load(Uint8Array.of(1), 8000);
    const again = await store.load(Uint8Array.of(1), 8000);
    await store.load(Uint8Array.of(1), 16_000);
    expect(samplesOf(first)).toBeDefined();
    expect(samplesOf(again)).toBe(samplesOf(first));
    expect(made).toEqual(['1@8000', '1@16000']);
  });

  it('decodes a sound once for all calls that want it at the same moment', async () => {
    const { store, made } = storeOf(10_000);
    const loaded = await Promise.all(Array.from({ length: 20 }, () => store.load(Uint8Array.of(1), 8000)));
    expect(new Set(loaded.map(samplesOf)).size).toBe(1);
    expect(made).toEqual(['1@8000']);
  });

  it('keeps a sound at its own level apart from the same sound brought to a loudness', async () => {
    const { store, made } = storeOf(10_000);
    await store.load(Uint8Array.of(1), 8000);
    await store.load(Uint8Array.of(1), 8000, -30);
    await store.load(Uint8Array.of(1), 8000, -24);
    await store.load(Uint8Array.of(1), 8000, -30);
    expect(made).toEqual(['1@8000', '1@8000-30', '1@8000-24']);
  });

  it('forgets the clip that was not used for longest when it is full', async () => {
    const { store, made } = storeOf(400);
    for (const sound of [1, 2, 1, 3]) await store.load(Uint8Array.of(sound), 8000);
    expect(store.octets).toBe(400);
    for (const sound of [1, 2]) await store.load(Uint8Array.of(sound), 8000);
    expect(made).toEqual(['1@8000', '2@8000', '3@8000', '2@8000']);
  });

  it('tells why octets are not a sound, keeps nothing of them, and tries again', async () => {
    const { store, made } = storeOf(400);
    const refusal = { ok: false, reason: 'not-a-sound' };
    expect(await store.load(Uint8Array.of(0), 8000)).toEqual(refusal);
    expect(await store.load(Uint8Array.of(0), 8000)).toEqual(refusal);
    expect(store.octets).toBe(0);
    expect(made).toHaveLength(2);
  });

  it('gets what a reference stands for, and knows sounds by what they are and not where they were', async () => {
    const { store, made, read } = storeOf(400);
    await store.load({ kind: 'name', name: 'cafe' }, 8000);
    await store.load({ kind: 'url', url: 'https://example.com/cafe.mp3' }, 8000);
    await store.load(Uint8Array.of(7), 8000);
    expect(read.map(({ kind }) => kind)).toEqual(['name', 'url']);
    expect(made).toEqual(['7@8000']);
  });
});
