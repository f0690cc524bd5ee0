import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFile, sounds } from '../../config/sounds/sounds.ts';
import { chain, highPass, lowPass } from '../../config/sounds/synthesis/filters.ts';
import type { Clip } from '../../src/audio/clip.ts';
import { integratedLoudness } from '../../src/audio/loudness.ts';
import { prepareClip } from '../../src/audio/prepare-clip.ts';
import { Mixer } from '../../src/mixer/mixer.ts';
import { seamOf } from '../../src/mixer/seam.ts';
import { levelDb, sharpestBend } from '../support/audio.ts';
import { play } from '../support/mixing.ts';

const folder = join(import.meta.dirname, '../../config/sounds');
const beds = ['cafe.wav', 'office.wav', 'train-station.wav', 'rain.wav'];

describe('the sounds that come with the product', () => {
  it.each(sounds)('$file is what its generator makes', (sound) => {
    const committed = readFileSync(join(folder, sound.file));
    expect(Buffer.compare(committed, makeFile(sound))).toBe(0);
  });

  it.each(sounds)('$file is as loud as said, at a telephone rate too', ({ file, loudnessLufs }) => {
    const wide = clipOf(file, 16_000);
    expect(Math.abs(integratedLoudness(wide.samples, 16_000) - loudnessLufs)).toBeLessThan(0.1);
    const narrow = clipOf(file, 8000);
    expect(Math.abs(integratedLoudness(narrow.samples, 8000) - loudnessLufs)).toBeLessThan(1);
  });

  it.each(sounds)('$file closes upon itself: it wraps without a seam and without a click', ({ file }) => {
    for (const rateHz of [8000, 16_000]) {
      const clip = clipOf(file, rateHz);
      expect(seamOf(clip).length).toBe(0);
      const length = clip.samples.length;
      const mixer = new Mixer({ rateHz });
      mixer.startLoop('ambient', clip, 1, 0);
      const played = play(mixer, Math.ceil((length / rateHz) * 50) + 10);
      expect(sharpestBend(played, length - 20, length + 20)).toBeLessThanOrEqual(
        sharpestBend(played, 0, length - 20),
      );
    }
  });

  it.each(beds)('%s never falls more than 10 dB under its own level, in any 20 ms', (file) => {
    for (const rateHz of [8000, 16_000]) {
      const { samples } = clipOf(file, rateHz);
      const frame = rateHz / 50;
      for (let at = 0; at + frame <= samples.length; at += frame / 4) {
        expect(levelDb(samples.subarray(at, at + frame)) - levelDb(samples)).toBeGreaterThan(-10);
      }
    }
  });

  it.each(sounds)('$file lies mostly within what a telephone carries', ({ file }) => {
    const { samples } = clipOf(file, 16_000);
    const telephone = chain(highPass(300), highPass(300), lowPass(3400), lowPass(3400));
    expect(levelDb(samples.map(telephone)) - levelDb(samples)).toBeGreaterThan(-3);
  });

  it('take less than 700 KB together', () => {
    const octets = sounds.reduce((sum, { file }) => sum + statSync(join(folder, file)).size, 0);
    expect(octets).toBeLessThan(700_000);
  });
});

function clipOf(file: string, rateHz: number): Clip {
  const prepared = prepareClip(readFileSync(join(folder, file)), rateHz);
  if (!prepared.ok) throw new Error(`${file}: ${prepared.reason}`);
  return prepared.value;
}
