import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { ClipPool, type ClipPoolOptions } from '../../src/app/clip-pool.ts';
import { prepareClip } from '../../src/audio/prepare-clip.ts';
import { systemClock } from '../../src/clock.ts';
import { RecordingLogger } from '../support/recording-host.ts';

const cafe = new Uint8Array(readFileSync(join(import.meta.dirname, '../../config/sounds/cafe.wav')));
const form = { rateHz: 8000, loudnessLufs: undefined };
const stuckWorker = new URL('../support/stuck-clip-worker.ts', import.meta.url);
const open: ClipPool[] = [];
afterEach(() => Promise.all(open.splice(0).map((pool) => pool.close())));

function poolOf(options: Partial<ClipPoolOptions> = {}): { pool: ClipPool; log: RecordingLogger } {
  const log = new RecordingLogger();
  const limits = { longestMs: 300_000, timeoutMs: 10_000, ffmpegCommand: 'ffmpeg' };
  const pool = new ClipPool({ threads: 2, limits, timers: systemClock, log, ...options });
  open.push(pool);
  return { pool, log };
}

describe('the threads that decode sounds', () => {
  it('make the clip that would be made here, on memory that all threads share', async () => {
    const { pool } = poolOf();
    const made = await pool.prepare(cafe, 'the hash', form);
    const expected = prepareClip(cafe, 8000);
    if (!made.ok || !expected.ok) throw new Error('no clip');
    expect(made.value.hash).toBe('the hash');
    expect(made.value.samples.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(made.value.samples).toEqual(expected.value.samples);
  });

  it.each([
    ['a part of an array', cafe.subarray(0, 50_000)],
    ['a Buffer', Buffer.from(cafe)],
    ['a small Buffer, which shares its memory with others', Buffer.from(cafe.subarray(0, 500))],
  ])('leave the octets with whoever gave them: %s', async (_what, octets) => {
    const { pool } = poolOf();
    const length = octets.length;
    expect((await pool.prepare(octets, 'hash', form)).ok).toBe(true);
    expect(octets.length).toBe(length);
    expect(octets[0]).toBe(0x52);
  });

  it('do not hold up this one', async () => {
    const { pool } = poolOf();
    await pool.prepare(cafe, 'warm', form);
    let longestMs = 0;
    let lastMs = performance.now();
    const beat = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 1);
    const clips = await Promise.all(
      Array.from({ length: 12 }, (_, i) => pool.prepare(cafe, String(i), form)),
    );
    clearInterval(beat);
    expect(clips.every(({ ok }) => ok)).toBe(true);
    // On a busy machine any thread may wait for a core, but not for all of these.
    process.stdout.write(
      `the main thread's longest pause while 12 sounds were decoded: ${longestMs.toFixed(1)} ms\n`,
    );
  });

  it('are replaced when one is stuck, and when one dies, and the sound is refused', async () => {
    const limits = { longestMs: 1000, timeoutMs: 200, ffmpegCommand: 'ffmpeg' };
    const { pool, log } = poolOf({ workerUrl: stuckWorker, threads: 1, limits });
    const [stuck, dead, fine] = await Promise.all([
      pool.prepare(Uint8Array.of(1), 'a', form),
      pool.prepare(Uint8Array.of(2), 'b', form),
      pool.prepare(Uint8Array.of(3), 'c', form),
    ]);
    expect(stuck).toMatchObject({ ok: false, reason: 'decode-timed-out' });
    expect(dead).toMatchObject({ ok: false, reason: 'decoder-failed' });
    expect(fine).toMatchObject({ ok: false, reason: 'not-a-sound' });
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  it('take no more than may wait, and let go of those that wait when they are closed', async () => {
    const { pool } = poolOf({ workerUrl: stuckWorker, threads: 1 });
    const waiting = Array.from({ length: 502 }, () => pool.prepare(Uint8Array.of(1), 'a', form));
    expect(await waiting[501]).toEqual({ ok: false, reason: 'decoder-busy' });
    await pool.close();
    expect(await waiting[0]).toMatchObject({ ok: false, reason: 'decoder-failed' });
    expect(await waiting[500]).toMatchObject({ ok: false, reason: 'decoder-failed' });
  });
});
