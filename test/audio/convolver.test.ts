import { describe, expect, it } from 'vitest';
import { createReferenceConvolver } from '../../src/audio/convolver.ts';
import { designPolyphaseFilter } from '../../src/audio/polyphase-filter.ts';

const filters = [
  [8000, 16000],
  [8000, 24000],
  [16000, 8000],
  [24000, 8000],
  [16000, 24000],
  [24000, 16000],
  [192000, 8000],
  [8000, 192000],
  [44100, 8000],
  [22050, 24000],
].map(([fromHz, toHz]) => ({ fromHz, toHz, filter: designPolyphaseFilter(fromHz!, toHz!) }));

describe.each(filters)('the convolver from $fromHz to $toHz Hz', ({ filter }) => {
  it('survives the loudest input there is for each phase without overflow', () => {
    const { up, tapsPerPhase, coefficients, copiedTap } = filter;
    const convolver = createReferenceConvolver(filter);
    for (let phase = copiedTap === undefined ? 0 : 1; phase < up; phase++) {
      const taps = coefficients.slice(phase * tapsPerPhase, (phase + 1) * tapsPerPhase);
      for (const polarity of [1, -1]) {
        for (let i = 0; i < tapsPerPhase; i++) {
          convolver.input[i] = Math.sign(taps[i]! * polarity) * 32767;
        }
        convolver.convolve(phase, 1);
        const exact = taps.reduce((sum, tap, i) => sum + tap * convolver.input[i]!, 0) / 32768;
        const clipped = Math.max(-32768, Math.min(32767, exact));
        expect(Math.abs(convolver.output[0]! - clipped)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('has phases that all sum to exactly 1, but for the one that copies', () => {
    const { up, tapsPerPhase, coefficients, copiedTap } = filter;
    for (let phase = copiedTap === undefined ? 0 : 1; phase < up; phase++) {
      const taps = coefficients.slice(phase * tapsPerPhase, (phase + 1) * tapsPerPhase);
      expect(taps.reduce((sum, tap) => sum + tap, 0)).toBe(32768);
    }
  });

  it('takes a whole number of turns of the SIMD kernel a phase', () => {
    expect(filter.tapsPerPhase % 16).toBe(0);
  });
});
