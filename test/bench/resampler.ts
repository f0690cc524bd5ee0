/** What a 20 ms frame costs to resample: `node test/bench/resampler.ts`. */
import { createReferenceResampler, createResampler, type Resampler } from '../../src/audio/resampler.ts';
import { noise } from '../support/audio.ts';
import { CALLS, microsecondsPerFrame, reportLine } from './measure.ts';

const conversions = [
  [8000, 16000],
  [16000, 8000],
  [8000, 24000],
  [24000, 8000],
  [16000, 24000],
  [24000, 16000],
  [22050, 8000],
] as const;

for (const [fromHz, toHz] of conversions) {
  const simd = measure(fromHz, toHz, createResampler);
  const plain = measure(fromHz, toHz, createReferenceResampler);
  reportLine(`${fromHz} -> ${toHz}`, simd, { JavaScript: plain });
}

function measure(fromHz: number, toHz: number, create: (fromHz: number, toHz: number) => Resampler): number {
  const length = fromHz / 50;
  const calls = Array.from({ length: CALLS }, (_, seed) => ({
    resampler: create(fromHz, toHz),
    input: noise({ lengthSamples: length, seed }),
    output: new Int16Array(Math.ceil(toHz / 50) + 1),
  }));
  return microsecondsPerFrame((call) => {
    const { resampler, input, output } = calls[call]!;
    resampler.process(input, 0, length, output, 0);
  });
}
