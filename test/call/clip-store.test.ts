import { describe, expect, it } from 'vitest';
import type { Clip } from '../../src/audio/clip.ts';
import { ClipStore } from '../../src/call/clip-store.ts';

function storeOf(capacityOctets: number): { store: ClipStore; decoded: string[] } {
  const decoded: string[] = [];
  const store = new ClipStore({
    capacityOctets,
    decode: (octets, rateHz) => {
      decoded.push(`${octets[0]}@${rateHz}`);
      if (octets[0] === 0) return { ok: false, reason: 'not-a-sound' };
      const samples = new Int16Array(new SharedArrayBuffer(200));
      return { ok: true, value: { hash: String(octets[0]), rateHz, samples } satisfies Clip };
    },
  });
  return { store, decoded };
}

describe('the clip store', () => {
  it('decodes a sound once for each rate and gives every call the same samples', () => {
    const { store, decoded } = storeOf(10_000);
    const first = store.decode(Uint8Array.of(1), 8000);
    const again = store.decode(Uint8Array.of(1), 8000);
    store.decode(Uint8Array.of(1), 16000);
    expect(first).toEqual(again);
    expect(first.ok && again.ok && first.value.samples === again.value.samples).toBe(true);
    expect(decoded).toEqual(['1@8000', '1@16000']);
  });

  it('forgets the clip that was not used for longest when it is full', () => {
    const { store, decoded } = storeOf(400);
    store.decode(Uint8Array.of(1), 8000);
    store.decode(Uint8Array.of(2), 8000);
    store.decode(Uint8Array.of(1), 8000);
    store.decode(Uint8Array.of(3), 8000);
    expect(store.octets).toBe(400);
    store.decode(Uint8Array.of(1), 8000);
    store.decode(Uint8Array.of(2), 8000);
    expect(decoded).toEqual(['1@8000', '2@8000', '3@8000', '2@8000']);
  });

  it('tells why octets are not a sound and keeps nothing of them', () => {
    const { store } = storeOf(400);
    expect(store.decode(Uint8Array.of(0), 8000)).toEqual({ ok: false, reason: 'not-a-sound' });
    expect(store.octets).toBe(0);
  });
});
