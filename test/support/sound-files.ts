/** Sound files of every kind, made by ffmpeg from samples of ours. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serializeWav } from '../../src/audio/wav.ts';

/** The octets of a file with this ending, encoded with these options of ffmpeg; written whole, index at its end. */
export function encodeSound(
  samples: Int16Array,
  rateHz: number,
  ending: string,
  options: readonly string[] = [],
): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-sound-'));
  try {
    const file = join(folder, `sound.${ending}`);
    const run = spawnSync('ffmpeg', ['-v', 'error', '-f', 'wav', '-i', 'pipe:0', ...options, file], {
      input: serializeWav(samples, rateHz),
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(`ffmpeg made no ${ending}: ${run.stderr}`);
    return new Uint8Array(readFileSync(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * How alike two sounds are, 1 when they are the same but for level, at the best of all shifts up to `mostShift`
 * samples either way.
 */
export function correlation(one: Int16Array, other: Int16Array, mostShift: number): number {
  let best = -1;
  for (let shift = -mostShift; shift <= mostShift; shift += 1) {
    let [cross, ones, others] = [0, 0, 0];
    const from = Math.max(0, -shift);
    const to = Math.min(one.length, other.length - shift);
    for (let i = from; i < to; i += 1) {
      const [a, b] = [one[i]!, other[i + shift]!];
      cross += a * b;
      ones += a * a;
      others += b * b;
    }
    best = Math.max(best, cross / Math.sqrt(ones * others));
  }
  return best;
}
