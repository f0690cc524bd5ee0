import { describe, expect, it } from 'vitest';
import { SpeechCache } from '../../../src/speech/tts/cache.ts';
import type { SpeechChunk } from '../../../src/speech/tts/synthesizer.ts';

const never = new AbortController().signal;
const chunkOf = (samples: number): SpeechChunk => ({ samples: new Int16Array(samples), rateHz: 16_000 });

function makerOf(chunk: SpeechChunk) {
  const maker = { calls: 0, make: () => Promise.resolve(chunk) };
  maker.make = () => {
    maker.calls += 1;
    return Promise.resolve(chunk);
  };
  return maker;
}

describe('the cache of spoken sentences', () => {
  it('gives the same samples again without making them', async () => {
    const cache = new SpeechCache(10_000);
    const maker = makerOf(chunkOf(10));
    const first = await cache.fetch('a', maker.make, never);
    expect(await cache.fetch('a', maker.make, never)).toBe(first);
    expect(maker.calls).toBe(1);
    expect(cache.stats).toMatchObject({ hits: 1, misses: 1 });
  });

  it('forgets the least recently heard when it is full, and never holds more than it may', async () => {
    const cache = new SpeechCache(500);
    const maker = makerOf(chunkOf(100));
    for (const key of ['a', 'b', 'a', 'c']) await cache.fetch(key, maker.make, never);
    expect(cache.stats.octets).toBeLessThanOrEqual(500);
    expect(maker.calls).toBe(3);
    await cache.fetch('a', maker.make, never);
    expect(maker.calls).toBe(3);
    await cache.fetch('b', maker.make, never);
    expect(maker.calls).toBe(4);
  });

  it('does not keep what is larger than itself', async () => {
    const cache = new SpeechCache(100);
    await cache.fetch('a', makerOf(chunkOf(1000)).make, never);
    expect(cache.stats.octets).toBe(0);
  });

  it('makes a sentence once for all who ask at the same time', async () => {
    const cache = new SpeechCache(10_000);
    const maker = makerOf(chunkOf(10));
    await Promise.all([1, 2, 3].map(() => cache.fetch('a', maker.make, never)));
    expect(maker.calls).toBe(1);
  });

  it('stops the making when nobody waits for it any more, and not before', async () => {
    const cache = new SpeechCache(10_000);
    const aborts = [new AbortController(), new AbortController()];
    let stopped = false;
    const make = (signal: AbortSignal) =>
      new Promise<SpeechChunk>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          reject(signal.reason);
        });
      });
    const waits = aborts.map((abort) => cache.fetch('a', make, abort.signal));
    aborts[0]!.abort(new Error('first gone'));
    await expect(waits[0]).rejects.toThrow('first gone');
    expect(stopped).toBe(false);
    aborts[1]!.abort(new Error('second gone'));
    await expect(waits[1]).rejects.toThrow('second gone');
    expect(stopped).toBe(true);
  });

  it('keeps a sentence whose only listener hung up while it was made', async () => {
    const cache = new SpeechCache(10_000);
    const { promise, resolve } = Promise.withResolvers<SpeechChunk>();
    let made = 0;
    const make = () => {
      made += 1;
      return promise;
    };
    const abort = new AbortController();
    const wait = cache.fetch('a', make, abort.signal);
    abort.abort(new Error('gone'));
    await expect(wait).rejects.toThrow('gone');
    const joined = cache.fetch('a', make, never);
    const chunk = chunkOf(10);
    resolve(chunk);
    expect(await joined).toBe(chunk);
    expect(await cache.fetch('a', make, never)).toBe(chunk);
    expect(made).toBe(1);
  });

  it('makes a sentence anew that was given up before it began, for who asks in the same moment', async () => {
    const cache = new SpeechCache(10_000);
    const queued = (signal: AbortSignal) =>
      new Promise<SpeechChunk>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const abort = new AbortController();
    const wait = cache.fetch('a', queued, abort.signal);
    abort.abort(new Error('gone'));
    const chunk = chunkOf(10);
    expect(await cache.fetch('a', () => Promise.resolve(chunk), never)).toBe(chunk);
    await expect(wait).rejects.toThrow('gone');
  });

  it('tries again after a failure', async () => {
    const cache = new SpeechCache(10_000);
    await expect(cache.fetch('a', () => Promise.reject(new Error('no')), never)).rejects.toThrow('no');
    const maker = makerOf(chunkOf(10));
    await cache.fetch('a', maker.make, never);
    expect(maker.calls).toBe(1);
  });
});
