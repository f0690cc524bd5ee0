import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closesSmoothly } from '../../src/audio/closes-smoothly.ts';
import { makeClip } from '../../src/audio/make-clip.ts';
import { parseWav } from '../../src/audio/wav.ts';
import { noise, tone } from '../support/audio.ts';

const rateHz = 8000;
const music = samplesOf('hold-music.wav');

describe('a sound closes upon itself', () => {
  it.each([
    ['noise, wherever it is cut', noise({ lengthSamples: 20_000, peak: 5000 })],
    ['whole periods of a tone', tone(500, { rateHz, lengthSamples: 8000 })],
    ['a tone that fades in and out', fadedTone()],
    ['silence', new Int16Array(8000)],
    ['less than a tenth of a second', tone(500, { rateHz, lengthSamples: 480 })],
    ['nothing', new Int16Array(0)],
  ])('when it is %s', (_what, samples) => {
    expect(closesSmoothly(samples, rateHz)).toBe(true);
  });

  it.each([
    ['a tone cut within a period', tone(440, { rateHz, lengthSamples: 8011 })],
    [
      'a tone that comes in late',
      Int16Array.from(tone(440, { rateHz, lengthSamples: 8005 }), (x, i) => x + (i > 7950 ? 3000 : 0)),
    ],
  ])('not when it is %s', (_what, samples) => {
    expect(closesSmoothly(samples, rateHz)).toBe(false);
  });

  it('not when it is music that was cut, even where no sample jumps', () => {
    // Cuts at which step and bend are no greater than elsewhere in the music.
    for (const seconds of [3.07, 3.4, 3.9, 4.1]) {
      expect(closesSmoothly(music.samples.subarray(0, seconds * music.rateHz), music.rateHz)).toBe(false);
    }
    expect(closesSmoothly(music.samples, music.rateHz)).toBe(true);
  });

  it('at another rate as it did at its own', () => {
    for (const rate of [8000, 11_025, 24_000, 48_000]) {
      const { samples } = makeClip(music, '', { rateHz: rate, loudnessLufs: -30 });
      expect(closesSmoothly(samples, rate)).toBe(true);
    }
  });
});

function fadedTone(): Int16Array {
  return tone(700, { rateHz, lengthSamples: 8123 }).map(
    (sample, i) => sample * Math.sin((Math.PI * i) / 8122),
  );
}

function samplesOf(name: string): { samples: Int16Array; rateHz: number } {
  const parsed = parseWav(readFileSync(join(import.meta.dirname, '../../config/sounds', name)));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}
