import { describe, expect, it } from 'vitest';
import { sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { gaps, voice } from '../support/listening.ts';
import { play, send } from '../support/playout-run.ts';

const rateHz = 8000;
const lengthSamples = 600 * rateHz;
const sounds: [string, Int16Array][] = [
  ['a 440 Hz tone', tone(440, { rateHz, lengthSamples, levelDb: -10 })],
  ['a 1004 Hz tone', tone(1004, { rateHz, lengthSamples, levelDb: -10 })],
  ['a voice', voice({ rateHz, lengthSamples })],
];

describe('playout of ten minutes from a clock that is off', () => {
  for (const [name, sound] of sounds) {
    for (const skewPpm of [300, -300]) {
      it(`neither gathers nor runs out, nor clicks, with ${name} at ${skewPpm} ppm`, () => {
        const network = (index: number) => 5 + ((index * 7919) % 5);
        const { samples, delaysMs, playout } = play(send(sound, { skewPpm, network }), { forMs: 598_000 });
        const settled = delaysMs.slice(100);
        expect(Math.max(...settled)).toBeLessThan(45);
        expect(Math.min(...settled)).toBeGreaterThan(20);

        const { compressedSamples, expandedSamples, concealedSamples, late, overflow } = playout.stats;
        // 300 ppm of 600 s are 1440 samples; the start may shorten the delay by up to 25 ms.
        const made = expandedSamples - compressedSamples;
        expect(made).toBeGreaterThan(-skewPpm * 4.8 - 320);
        expect(made).toBeLessThan(-skewPpm * 4.8 + 200);
        expect(compressedSamples + expandedSamples).toBeLessThan(2000);
        expect({ concealedSamples, late, overflow }).toEqual({ concealedSamples: 0, late: 0, overflow: 0 });

        const heard = samples.subarray(rateHz);
        expect(sharpestBend(heard)).toBeLessThan(1.5 * sharpestBend(sound));
        expect(gaps(heard, rateHz, { leastMs: 8, peak: 20 })).toEqual([]);
      });
    }
  }

  it('keeps the pitch of a tone', () => {
    const { samples } = play(send(sounds[0]![1], { skewPpm: 300 }), { forMs: 60_000 });
    const levels = Array.from({ length: 50 }, (_, second) =>
      toneLevelDb(samples.subarray((second + 5) * rateHz, (second + 6) * rateHz), 440, rateHz),
    );
    for (const level of levels) expect(level).toBeGreaterThan(-12);
  });
});
