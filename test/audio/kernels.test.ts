import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createReferenceConvolver } from '../../src/audio/convolver.ts';
import { createKernelConvolver } from '../../src/audio/kernels/kernel-convolver.ts';
import { designPolyphaseFilter } from '../../src/audio/polyphase-filter.ts';
import { compileKernels, kernelsModulePath } from '../../tools/build-kernels.ts';
import { noise } from '../support/audio.ts';

describe('the SIMD kernels', () => {
  it('are committed as their sources compile', { timeout: 60_000 }, async () => {
    expect(readFileSync(kernelsModulePath, 'utf8')).toBe(await compileKernels());
  });

  it('convolve bit for bit as JavaScript does, from any position and for any count', () => {
    for (const [fromHz, toHz] of [
      [8000, 16000],
      [24000, 8000],
      [24000, 16000],
      [44100, 8000],
    ] as const) {
      const filter = designPolyphaseFilter(fromHz, toHz);
      const kernel = createKernelConvolver(filter)!;
      const reference = createReferenceConvolver(filter);
      const sound = noise({ lengthSamples: reference.input.length, peak: 60_000 });
      kernel.input.set(sound);
      reference.input.set(sound);
      for (let count = 0; count < 12; count++) {
        for (
          let position = 0;
          position < Math.max(filter.up, filter.down);
          position += 1 + (filter.up >> 3)
        ) {
          kernel.convolve(position, count);
          reference.convolve(position, count);
          expect(kernel.output.slice(0, count)).toEqual(reference.output.slice(0, count));
        }
      }
    }
  });

  it('leave a filter to JavaScript once their memory is full', () => {
    const filter = designPolyphaseFilter(44100, 8000);
    const placed = Array.from({ length: 60 }, () => createKernelConvolver(filter));
    expect(placed[0]).toBeDefined();
    expect(placed.at(-1)).toBeUndefined();
  });
});
