import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Clip } from '../../src/audio/clip.ts';
import { prepareClip } from '../../src/audio/prepare-clip.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import { tone, toneLevelDb } from '../support/audio.ts';
import { octetsOf, wavFile } from '../support/wav.ts';

describe('a clip', () => {
  const file = serializeWav(tone(1000, { rateHz: 16_000, lengthSamples: 16_000, levelDb: -12 }), 16_000);

  it('is the sound of the file at the wanted rate', () => {
    for (const rateHz of [8000, 16_000, 24_000]) {
      const clip = prepared(file, rateHz);
      expect(clip.rateHz).toBe(rateHz);
      expect(clip.samples).toHaveLength(rateHz);
      expect(toneLevelDb(clip.samples, 1000, rateHz)).toBeCloseTo(-12, 1);
    }
  });

  it('is named by the SHA-256 of the file, at every rate', () => {
    const hash = createHash('sha256').update(file).digest('hex');
    expect(prepared(file, 8000).hash).toBe(hash);
    expect(prepared(file, 16_000).hash).toBe(hash);
  });

  it('lies on shared memory', () => {
    expect(prepared(file, 8000).samples.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(prepared(file, 16_000).samples.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('holds both channels of a stereo file', () => {
    const left = tone(500, { rateHz: 48_000, lengthSamples: 48_000 });
    const right = tone(2000, { rateHz: 48_000, lengthSamples: 48_000 });
    const woven = [...left].flatMap((sample, i) => [sample, right[i]!]);
    const data = octetsOf(woven, 2, (view, at, sample) => view.setInt16(at, sample, true));
    const { samples } = prepared(wavFile({ channels: 2, rateHz: 48_000, data }), 8000);
    expect(toneLevelDb(samples, 500, 8000)).toBeCloseTo(-12, 1);
    expect(toneLevelDb(samples, 2000, 8000)).toBeCloseTo(-12, 1);
  });

  it('may be empty', () => {
    expect(prepared(serializeWav(new Int16Array(0), 8000), 16_000).samples).toHaveLength(0);
  });

  it('is refused past five minutes, however small the file', () => {
    const fiveMinutes = 300 * 4000;
    const parts = { rateHz: 4000, bits: 8 };
    const tooLong = wavFileOfZeros(parts, fiveMinutes + 1);
    expect(prepareClip(tooLong, 8000)).toEqual({ ok: false, reason: 'sound-too-long' });
    expect(prepared(wavFileOfZeros(parts, fiveMinutes), 4000).samples).toHaveLength(fiveMinutes);
  });

  it('is refused, not thrown, when the octets are no sound', () => {
    expect(prepareClip(Buffer.from('<html>404</html>'), 8000)).toEqual({ ok: false, reason: 'not-wav' });
  });
});

function wavFileOfZeros(parts: { rateHz: number; bits: number }, octets: number): Uint8Array {
  const header = wavFile({ ...parts, claimedDataOctets: octets });
  const file = new Uint8Array(header.length + octets);
  file.set(header);
  return file;
}

function prepared(octets: Uint8Array, rateHz: number): Clip {
  const result = prepareClip(octets, rateHz);
  expect(result).toMatchObject({ ok: true });
  if (!result.ok) throw new Error(result.reason);
  return result.value;
}
