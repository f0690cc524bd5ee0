import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { seamOf } from '../../src/mixer/seam.ts';
import { levelDb, noise, sharpestBend, tone } from '../support/audio.ts';
import { clipOf, play } from '../support/mixing.ts';

const rateHz = 8000;

describe('a loop', () => {
  it.each([
    { name: '1 s', lengthSamples: 8000 },
    { name: '7.3 s', lengthSamples: 58_400 },
    { name: '30 s', lengthSamples: 240_000 },
  ])('of $name is where it should be, to the sample, after ten minutes', ({ lengthSamples }) => {
    // A ramp has a jump at its end, so it gets a seam of 50 ms: 400 samples.
    const clip = clipOf(Int16Array.from({ length: lengthSamples }, (_, i) => (i % 16_000) + 1));
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clip, 1, 0);
    const frames = 10 * 60 * 50;
    const frame = new Int16Array(160);
    for (let i = 0; i < frames; i++) mixer.pull(frame);
    const period = lengthSamples - 400;
    const position = 400 + ((frames * 160 - 400) % period);
    expect(mixer.snapshot().tracks[0]!.positionSamples).toBe(position);
    mixer.pull(frame);
    expect(frame[0]).toBe(clip.samples[position]);
  });

  it('that closes upon itself is wrapped as it is', () => {
    const wave = tone(440, { rateHz, lengthSamples: 8000, levelDb: -20 });
    expect(seamOf(clipOf(wave)).length).toBe(0);
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clipOf(wave), 1, 0);
    expect(play(mixer, 100)).toEqual(tone(440, { rateHz, lengthSamples: 16_000, levelDb: -20 }));
  });

  it.each([
    { name: 'a wave cut in mid-period', samples: tone(447.3, { rateHz, lengthSamples: 8000, levelDb: -20 }) },
    {
      name: 'a wave that turns back at zero',
      samples: tone(440.5, { rateHz, lengthSamples: 8000, levelDb: -20 }),
    },
    { name: 'a hum broken under noise', samples: humUnderNoise() },
    { name: 'keystrokes and a hum', samples: transients() },
  ])('of $name passes its seam without a click, a gap or a bump', ({ samples }) => {
    const clip = clipOf(samples);
    const seam = seamOf(clip);
    expect(seam.length).toBeGreaterThanOrEqual(320);
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clip, 1, 0);
    const played = play(mixer, 200);
    const wrap = samples.length - seam.length;
    expect(played.subarray(0, wrap)).toEqual(samples.subarray(0, wrap));
    const beside = sharpestBend(played, wrap - 800, wrap - 2);
    expect(sharpestBend(played, wrap - 2, wrap + seam.length + 2)).toBeLessThanOrEqual(beside * 1.1 + 2);
    for (let i = wrap; i < wrap + seam.length; i += 80) {
      const level = levelDb(played.subarray(i, i + 80)) - levelDb(played.subarray(wrap - 400, wrap));
      expect(Math.abs(level)).toBeLessThan(2);
    }
  });

  it('repeats with its period for any length, shorter than a frame included', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer(), (lengthSamples, seed) => {
        const clip = clipOf(noise({ lengthSamples, seed }));
        const seam = seamOf(clip).length;
        const period = lengthSamples - seam;
        expect(seam).toBeLessThanOrEqual(lengthSamples / 4);
        const mixer = new Mixer({ rateHz });
        mixer.startLoop('ambient', clip, 1, 0);
        const played = play(mixer, 40);
        const later = played.subarray(lengthSamples);
        expect(later).toEqual(played.subarray(lengthSamples - period, played.length - period));
      }),
      { numRuns: 50 },
    );
  });

  it('of no samples is a silent track', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clipOf(new Int16Array(0)), 1, 20);
    const frame = new Int16Array(160);
    expect(mixer.pull(frame)).toBe(true);
    expect(frame.every((sample) => sample === 0)).toBe(true);
    expect(mixer.takeEvents()).toBeUndefined();
  });

  it('has its seam worked out once for all who play it', () => {
    const clip = clipOf(transients());
    expect(seamOf({ ...clip })).toBe(seamOf(clip));
  });
});

/** 100 Hz at -20 dBFS broken in mid-period, with noise 12 dB below that hides the break in single samples. */
function humUnderNoise(): Int16Array {
  const hum = tone(100.5, { rateHz, lengthSamples: 8000, levelDb: -14 });
  const hiss = noise({ lengthSamples: 8000, peak: 800 });
  return hum.map((sample, i) => sample + hiss[i]!);
}

function transients(): Int16Array {
  const samples = tone(150.4, { rateHz, lengthSamples: 8000, levelDb: -20 });
  for (const at of [700, 2400, 3300, 5200, 6600]) {
    for (let i = 0; i < 200; i++) samples[at + i]! += 9000 * Math.exp(-i / 20) * Math.sin(i * 1.9);
  }
  return samples;
}
