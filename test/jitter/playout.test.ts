import { describe, expect, it } from 'vitest';
import { levelDb, tone, toneLevelDb } from '../support/audio.ts';
import { play, send } from '../support/playout-run.ts';

const rateHz = 8000;

describe('playout of what a good network brings', () => {
  const sent = tone(440, { rateHz, lengthSamples: 4 * rateHz, levelDb: -10 });
  for (const ptimeMs of [10, 20, 30, 40, 60]) {
    for (const phaseMs of [0, 7, 19]) {
      it(`is the tone that was sent, with ${ptimeMs} ms packets, pulled ${phaseMs} ms into the tick`, () => {
        const { samples } = play(send(sent, { ptimeMs }), { forMs: 4000, phaseMs });
        const heard = samples.subarray(rateHz, 3 * rateHz);
        expect(toneLevelDb(heard, 440, rateHz)).toBeCloseTo(-10, 0);
        expect(levelDb(heard)).toBeCloseTo(-10, 0);
      });
    }
  }
});
