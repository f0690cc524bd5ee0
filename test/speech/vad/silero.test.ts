import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../src/speech/onnx-model.ts';
import { SileroModel } from '../../../src/speech/vad/silero.ts';
import { VoiceLane, WINDOW_SAMPLES } from '../../../src/speech/vad/voice-activity.ts';
import { hiss, inARow, sentence, silence, throughMuLaw } from '../../support/hearing.ts';

let model: SileroModel;
let callers: Int16Array[];

beforeAll(async () => {
  model = await SileroModel.load();
  const spoken = await sentence('I would like to speak to somebody about my bill.');
  callers = [
    inARow(silence(500), spoken, silence(2000)),
    hiss(4000, -40),
    inARow(silence(1700), spoken, silence(800)),
    silence(4000),
    inARow(hiss(900, -50), spoken, silence(1600)),
  ].map(throughMuLaw);
});

describe('the voice activity model', () => {
  it('gives each of many callers the result it would have alone, also when they come and go', async () => {
    const together = await probabilities(callers);
    for (const [index, caller] of callers.entries()) {
      const [expected = []] = await probabilities([caller]);
      const found = together[index]!;
      for (const [window, probability] of expected.entries()) {
        expect(found[window]).toBeCloseTo(probability, 5);
      }
    }
  });

  it('tells a voice from noise and from silence', async () => {
    const [spoken = [], noise = [], , nothing = []] = await probabilities(callers);
    expect(Math.max(...spoken)).toBeGreaterThan(0.95);
    expect(Math.max(...noise)).toBeLessThan(0.2);
    expect(Math.max(...nothing)).toBeLessThan(0.05);
  });

  it('is held against the fingerprint of the model it was tested with', async () => {
    const file = '@ricky0123/vad-web/dist/silero_vad_v5.onnx';
    await expect(loadModel(file, '0'.repeat(64))).rejects.toThrow('not the model that this was tested with');
    await expect(loadModel('@ricky0123/vad-web/dist/none.onnx', '')).rejects.toThrow('is not installed');
  });
});

/** Of each caller's windows. The second caller is left out of every third run, and the order changes. */
async function probabilities(sounds: readonly Int16Array[]): Promise<number[][]> {
  const ears = sounds.map((samples) => ({ samples, lane: new VoiceLane(), at: 0, found: [] as number[] }));
  for (let run = 0; ears.some(({ at, samples }) => at + WINDOW_SAMPLES <= samples.length); run++) {
    const ready = ears.filter(
      ({ at, samples }, index) =>
        at + WINDOW_SAMPLES <= samples.length && !(ears.length > 1 && index === 1 && run % 3 === 0),
    );
    if (run % 2 === 1) ready.reverse();
    for (const ear of ready) {
      for (let i = 0; i < WINDOW_SAMPLES; i++) ear.lane.window[i] = ear.samples[ear.at + i]! / 32_768;
      ear.at += WINDOW_SAMPLES;
    }
    const lanes = ready.map(({ lane }) => lane);
    await model.process(lanes, lanes.length);
    for (const { found, lane } of ready) found.push(lane.probability);
  }
  return ears.map(({ found }) => found);
}
