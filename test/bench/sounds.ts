/** What sounds cost: decoding each kind, and the memory of many calls that play one clip. */
import { spawnSync } from 'node:child_process';
import { makeClip } from '../../src/audio/make-clip.ts';
import { prepareClip } from '../../src/audio/prepare-clip.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import { Mixer } from '../../src/mixer/mixer.ts';
import { ClipStore } from '../../src/sound/clip-store.ts';
import { decodeSound } from '../../src/sound/decode-sound.ts';
import { noise } from '../support/audio.ts';
import { encodeSound } from '../support/sound-files.ts';
import { CALLS } from './measure.ts';

const limits = { longestMs: 300_000, timeoutMs: 10_000, ffmpegCommand: 'ffmpeg' };

// In this order: what decoding leaves behind would hide what sharing takes.
await sharing();
await decoding();

async function decoding(): Promise<void> {
  if (spawnSync('ffmpeg', ['-version']).status !== 0) {
    process.stdout.write('decoding is skipped: ffmpeg, which makes the files, is not on the PATH\n');
    return;
  }
  const halfMinute = noise({ lengthSamples: 30 * 48_000, peak: 6000 });
  const kinds = [
    ['wav', []],
    ['mp3', []],
    ['flac', []],
    ['ogg', ['-c:a', 'libvorbis']],
    ['opus', []],
    ['m4a', []],
  ] as const;
  for (const [kind, options] of kinds) {
    const file = encodeSound(halfMinute, 48_000, kind, ['-ac', '2', ...options]);
    let [decodeMs, prepareMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < 3; round += 1) {
      const startedMs = performance.now();
      const decoded = await decodeSound(file, limits);
      const decodedMs = performance.now();
      if (!decoded.ok) throw new Error(`${kind}: ${decoded.reason}`);
      makeClip(decoded.value, '', { rateHz: 8000, loudnessLufs: -30 });
      decodeMs = Math.min(decodeMs, decodedMs - startedMs);
      prepareMs = Math.min(prepareMs, performance.now() - decodedMs);
    }
    process.stdout.write(
      `30 s of ${kind.padEnd(5)} 48 kHz stereo  decode ${decodeMs.toFixed(0).padStart(4)} ms  ` +
        `resample, level, limit ${prepareMs.toFixed(0).padStart(4)} ms\n`,
    );
  }
}

/** The calls of this bench have a mixer each, with a loop of the same 30 s, as the media workers have. */
async function sharing(): Promise<void> {
  const file = serializeWav(noise({ lengthSamples: 30 * 8000 }), 8000);
  const clips = new ClipStore({
    read: () => Promise.resolve({ ok: false, reason: 'sound-unknown' }),
    prepare: (octets, _hash, { rateHz }) => Promise.resolve(prepareClip(octets, rateHz)),
    capacityOctets: 2 ** 28,
  });
  const mixers = Array.from({ length: CALLS }, () => new Mixer({ rateHz: 8000 }));
  const before = settledRss();
  // Each call brings octets of its own, as apps send them.
  for (const mixer of mixers) {
    const loaded = await clips.load(file.slice(), 8000);
    if (!loaded.ok) throw new Error(loaded.reason);
    mixer.startLoop('ambience', loaded.value, 0.3, 20);
  }
  const growthMb = (settledRss() - before) / 2 ** 20;
  const apart = (CALLS * 30 * 8000 * 2) / 2 ** 20;
  process.stdout.write(
    `${CALLS} calls loop one clip of 30 s: RSS grows by ${growthMb.toFixed(1)} MB ` +
      `(a copy for each would be ${apart.toFixed(0)} MB); ${(clips.octets / 2 ** 20).toFixed(2)} MB kept\n`,
  );
}

function settledRss(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}
