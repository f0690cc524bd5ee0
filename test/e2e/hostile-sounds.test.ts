import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeSound } from '../../src/sound/decode-sound.ts';
import type { DecodeLimits } from '../../src/sound/decoded-sound.ts';
import { noise, tone } from '../support/audio.ts';
import { peersPresent } from '../support/peers.ts';
import { encodeSound } from '../support/sound-files.ts';

const limits: DecodeLimits = { longestMs: 60_000, timeoutMs: 5_000, ffmpegCommand: 'ffmpeg' };
const rateHz = 16_000;
const kinds = [
  ['wav', []],
  ['mp3', []],
  ['flac', []],
  ['ogg', ['-c:a', 'libvorbis']],
  ['opus', []],
  ['m4a', []],
  ['aac', []],
  ['webm', ['-c:a', 'libopus']],
] as const;

describe.skipIf(!peersPresent('ffmpeg'))('a hostile sound file', () => {
  const sound = tone(500, { rateHz, lengthSamples: 4 * rateHz, levelDb: -12 });
  const files = new Map(kinds.map(([kind, options]) => [kind, encodeSound(sound, rateHz, kind, options)]));

  it.each(kinds)('%s, cut anywhere, is played as far as it goes or refused', async (kind) => {
    const file = files.get(kind)!;
    for (const share of [0.001, 0.01, 0.1, 0.3, 0.6, 0.9, 0.999]) {
      const decoded = await decodeSound(file.subarray(0, Math.floor(file.length * share)), limits);
      const lengthS = decoded.ok ? decoded.value.samples.length / decoded.value.rateHz : 0;
      // An MP4 file that is cut has lost its index; nothing comes of it.
      expect(lengthS).toBeLessThan(4.3 * share + 0.4);
      if (share === 0.9 && kind !== 'm4a') expect(lengthS).toBeGreaterThan(2.5);
    }
  });

  it.each(kinds)('%s with noise behind its header is not played as noise', async (kind) => {
    const file = files.get(kind)!.slice();
    const junk = noise({ lengthSamples: file.length, peak: 32_767, seed: 3 });
    for (let i = 300; i < file.length; i += 1) file[i] = junk[i]!;
    const decoded = await decodeSound(file, limits);
    // In PCM any octets are a sound; a compressed one that plays a fraction of a second of it is well off.
    if (kind !== 'wav' && decoded.ok) {
      expect(decoded.value.samples.length / decoded.value.rateHz).toBeLessThan(0.5);
    }
  });

  it.each(kinds)('%s with octets turned over here and there comes to an end', async (kind) => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const file = files.get(kind)!.slice();
      const places = noise({ lengthSamples: 40, peak: 32_767, seed });
      for (const place of places)
        file[Math.floor(((place + 32_768) / 65_536) * file.length)]! ^= 1 << (place & 7);
      const startedMs = performance.now();
      const decoded = await decodeSound(file, limits);
      expect(performance.now() - startedMs).toBeLessThan(limits.timeoutMs + 1000);
      if (decoded.ok) expect(decoded.value.samples.length).toBeLessThanOrEqual(60 * decoded.value.rateHz);
    }
  });

  it.each([
    ['flac', ['-compression_level', '12']],
    ['mp3', ['-b:a', '8k', '-ar', '8000', '-ac', '1']],
    ['ogg', ['-c:a', 'libvorbis', '-q:a', '-1']],
    ['opus', ['-b:a', '6k']],
    ['m4a', ['-b:a', '16k']],
    ['wav', []],
  ] as const)('%s that unfolds to more than may be is refused', async (kind, options) => {
    const silence = encodeSound(new Int16Array(61 * 8000 + 8000), 8000, kind, options);
    const rssBefore = process.memoryUsage().rss;
    expect(await decodeSound(silence, limits)).toEqual({ ok: false, reason: 'sound-too-long' });
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(300 * 2 ** 20);
  });

  it.each([
    ['a RIFF header that claims 4 GB', patched('wav', 4, [0xff, 0xff, 0xff, 0xff])],
    ['a data chunk that claims 4 GB', patched('wav', 74, [0xff, 0xff, 0xff, 0xff])],
    ['a FLAC header that claims 2^36 samples', patched('flac', 21, [0xff, 0xff, 0xff, 0xff, 0xff])],
  ])('%s is played as far as it goes', async (_what, patch) => {
    const decoded = await decodeSound(patch(files), limits);
    expect(decoded.ok && decoded.value.samples.length / decoded.value.rateHz).toBeCloseTo(4, 1);
  });

  it.each([
    [
      'an MP4 box that claims 4 GB',
      Uint8Array.of(...ascii('\0\0\0\x10ftypM4A \0\0\0\0'), 0xff, 0xff, 0xff, 0xff, ...ascii('moov')),
    ],
    ['an MP4 table that claims 2^32 entries', mp4WithTable()],
    ['a web page', ascii('<!doctype html><title>Not found</title>')],
    ['a playlist', ascii('#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nhttp://127.0.0.1:1/\n')],
    ['noise', Uint8Array.from(noise({ lengthSamples: 100_000, peak: 32_767 }), (sample) => sample & 255)],
    ['nothing', new Uint8Array(0)],
  ])('%s is refused', async (_what, octets) => {
    const decoded = await decodeSound(octets, limits);
    expect(decoded.ok).toBe(false);
  });

  it.each([
    ['hangs', 'exec sleep 30', 'decode-timed-out'],
    ['writes without end', 'exec yes', 'sound-too-long'],
    ['writes no sound', 'exec echo hello', 'ffmpeg-failed'],
    ['dies of it', 'kill -SEGV $$', 'ffmpeg-failed'],
  ])('that makes a decoder which %s is given up', async (_what, script, reason) => {
    const folder = mkdtempSync(join(tmpdir(), 'patchbay-decoder-'));
    const ffmpegCommand = join(folder, 'ffmpeg');
    writeFileSync(ffmpegCommand, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const startedMs = performance.now();
    const decoded = await decodeSound(files.get('m4a')!, { longestMs: 1000, timeoutMs: 500, ffmpegCommand });
    rmSync(folder, { recursive: true });
    expect(decoded).toMatchObject({ ok: false, reason });
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it('is refused with what to install where ffmpeg is absent', async () => {
    const without = { ...limits, ffmpegCommand: 'no-such-ffmpeg' };
    const decoded = await decodeSound(files.get('m4a')!, without);
    expect(decoded).toMatchObject({ ok: false, reason: 'ffmpeg-missing' });
    expect(!decoded.ok && decoded.detail).toContain('apt-get install ffmpeg');
    expect((await decodeSound(files.get('mp3')!, without)).ok).toBe(true);
  });
});

function patched(kind: string, at: number, octets: readonly number[]) {
  return (files: ReadonlyMap<string, Uint8Array>): Uint8Array => {
    const file = files.get(kind)!.slice();
    file.set(octets, at);
    return file;
  };
}

function mp4WithTable(): Uint8Array {
  const box = (type: string, body: readonly number[]): number[] => [
    0,
    0,
    0,
    body.length + 8,
    ...ascii(type),
    ...body,
  ];
  const table = box('stco', [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4]);
  const moov = box('moov', box('trak', box('mdia', box('minf', box('stbl', table)))));
  return Uint8Array.of(...box('ftyp', [...ascii('M4A ')]), ...box('mdat', [1, 2, 3]), ...moov);
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
