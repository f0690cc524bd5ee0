import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Concealment } from '../../codecs/concealment.ts';
import { parseWav } from '../../src/audio/wav.ts';
import { levelDb, noise, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import {
  conceal,
  gilbertElliott,
  logSpectralDistanceDb,
  repeatHalf,
  segmentalSnrDb,
  zeroFill,
} from '../support/concealment-trial.ts';
import { voice } from '../support/listening.ts';
import { sharedPath } from '../support/shared.ts';

const rateHz = 8000;
const frame = 160;

function lose(samples: Int16Array, ...frames: number[]): Int16Array {
  const heard = samples.slice();
  conceal(
    heard,
    Array.from({ length: samples.length / frame }, (_, index) => frames.includes(index)),
  );
  return heard;
}

describe('concealment', () => {
  it('goes on with a tone through a lost frame without a click', () => {
    const said = tone(300, { rateHz, lengthSamples: 20 * frame });
    const heard = lose(said, 10);
    expect(sharpestBend(heard)).toBeLessThan(1.5 * sharpestBend(said));
    expect(toneLevelDb(heard.subarray(9 * frame, 13 * frame), 300, rateHz)).toBeGreaterThan(-8.5);
  });

  it('does not click at the edges of a lost stretch of voice, wherever it begins', () => {
    const said = voice({ rateHz, lengthSamples: 60 * frame });
    for (let first = 8; first < 50; first++) {
      const heard = lose(said, first, first + 1);
      expect(sharpestBend(heard)).toBeLessThan(1.5 * sharpestBend(said));
    }
  });

  it('fades to nothing in 80 ms', () => {
    const heard = lose(voice({ rateHz, lengthSamples: 20 * frame }), 8, 9, 10, 11, 12, 13);
    const levels = [8, 9, 10, 11].map((index) => levelDb(heard.subarray(index * frame, (index + 1) * frame)));
    for (const [index, level] of levels.entries())
      if (index > 0) expect(level).toBeLessThan(levels[index - 1]!);
    expect(heard.subarray(12 * frame, 14 * frame).every((sample) => sample === 0)).toBe(true);
  });

  it('goes on dying away when the sound was dying away', () => {
    const said = tone(300, { rateHz, lengthSamples: 10 * frame });
    const dying = said.map((sample, i) => sample * Math.exp(-i / 200));
    const steady = lose(said, 4).subarray(5 * frame - 40, 5 * frame);
    const level =
      levelDb(lose(dying, 4).subarray(5 * frame - 40, 5 * frame)) -
      levelDb(dying.subarray(4 * frame - 40, 4 * frame));
    expect(level).toBeLessThan(levelDb(steady) - levelDb(said) - 2);
  });

  it('does not make a tone of noise', () => {
    const said = noise({ lengthSamples: 20 * frame, peak: 8000 });
    const heard = lose(said, 10, 11).subarray(10 * frame, 12 * frame);
    const strongest = Math.max(
      ...Array.from({ length: 60 }, (_, i) => toneLevelDb(heard, 200 + i * 50, rateHz)),
    );
    expect(strongest).toBeLessThan(levelDb(heard) - 6);
  });

  it('is silence after silence', () => {
    const heard = lose(new Int16Array(20 * frame), 10, 11);
    expect(heard.every((sample) => sample === 0)).toBe(true);
  });

  it('stays within 16 bits at full scale', () => {
    const square = Int16Array.from({ length: 20 * frame }, (_, i) => (i % 40 < 20 ? 32767 : -32768));
    const heard = lose(square, 10, 11);
    for (let i = 10 * frame; i < 10 * frame + 15; i++) expect(heard[i]).toBeGreaterThan(20_000);
  });

  it('needs no more history than it says', () => {
    const concealment = new Concealment(rateHz);
    const output = new Int16Array(frame);
    concealment.begin(
      tone(300, { rateHz, lengthSamples: concealment.historySamples }),
      concealment.historySamples,
    );
    concealment.conceal(output, 0, frame);
    expect(levelDb(output)).toBeGreaterThan(-12);
  });

  const path = sharedPath('captures', 'ref_8k.wav');
  it.skipIf(path === undefined)(
    'is nearer to the speech that was lost than silence or repetition are',
    () => {
      const wav = parseWav(readFileSync(path!));
      if (!wav.ok) throw new Error(wav.reason);
      const said = wav.value.samples;
      for (const meanBurst of [1, 3]) {
        const lost = gilbertElliott(said.length / frame, { loss: 0.055, meanBurst });
        const [concealed, repeated, silent] = [conceal, repeatHalf, zeroFill].map((fill) => {
          const heard = said.slice();
          fill(heard, lost);
          return {
            distance: logSpectralDistanceDb(said, heard, lost),
            snr: segmentalSnrDb(said, heard, lost),
          };
        });
        expect(concealed!.distance).toBeLessThan(silent!.distance - 0.4);
        expect(concealed!.distance).toBeLessThan(repeated!.distance);
        expect(concealed!.snr).toBeGreaterThan(silent!.snr);
        expect(concealed!.snr).toBeGreaterThan(repeated!.snr + 1);
      }
    },
  );
});
