import { describe, expect, it } from 'vitest';
import { EnergyModel } from '../../../src/speech/vad/energy.ts';
import {
  hear,
  hiss,
  inARow,
  sentence,
  silence,
  storyOf,
  throughMuLaw,
  together,
} from '../../support/hearing.ts';

describe('loudness in place of the voice activity model', () => {
  it('finds the turns of a caller on a quiet line and on a noisy one', async () => {
    const spoken = await sentence('Please connect me to the front desk.');
    const clean = inARow(silence(2500), spoken, silence(1500), spoken, silence(1500));
    const noisy = together(clean, hiss(clean.length / 8, -45));
    for (const caller of [clean, noisy]) {
      const events = await hear(new EnergyModel(), throughMuLaw(caller));
      expect(storyOf(events)).toEqual(['onset', 'turn:words', 'onset', 'turn:words']);
    }
  });

  it('lets a click pass, and steady noise once it has been there for a while', async () => {
    const click = silence(3000);
    click[12_000] = 25_000;
    click[12_001] = -25_000;
    expect(storyOf(await hear(new EnergyModel(), throughMuLaw(click)))).toEqual([]);
    const story = storyOf(
      await hear(new EnergyModel(), throughMuLaw(inARow(silence(1000), hiss(9000, -30)))),
    );
    expect(story.filter((event) => event === 'onset').length).toBeLessThanOrEqual(1);
  });
});
