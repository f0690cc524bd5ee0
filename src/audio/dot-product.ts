import { instantiateKernels, type Kernels } from './kernels/kernels.ts';

/** Dot products of one table of taps with samples that the caller changes. */
export interface DotProduct {
  readonly samples: Float32Array;
  /** Of `count` taps from `tapsAt` and as many samples from `samplesAt`; a multiple of eight. */
  of(tapsAt: number, samplesAt: number, count: number): number;
}

/**
 * By SIMD where there is such a thing and the table is not too large for it. Good until the next one is made: all
 * of a thread share a memory.
 */
export function createDotProduct(taps: Float32Array, samples: number): DotProduct {
  return createKernelDotProduct(taps, samples) ?? createReferenceDotProduct(taps, samples);
}

/** In JavaScript: what SIMD is held against. Four sums, as one would wait for itself at every addition. */
export function createReferenceDotProduct(taps: Float32Array, length: number): DotProduct {
  const samples = new Float32Array(length);
  return {
    samples,
    of(tapsAt, samplesAt, count) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let i = 0; i < count; i += 4) {
        a += taps[tapsAt + i]! * samples[samplesAt + i]!;
        b += taps[tapsAt + i + 1]! * samples[samplesAt + i + 1]!;
        c += taps[tapsAt + i + 2]! * samples[samplesAt + i + 2]!;
        d += taps[tapsAt + i + 3]! * samples[samplesAt + i + 3]!;
      }
      return a + b + c + d;
    },
  };
}

function createKernelDotProduct(taps: Float32Array, length: number): DotProduct | undefined {
  kernels ??= instantiateKernels();
  if (kernels === undefined) return undefined;
  const samplesAt = taps.byteLength;
  if (samplesAt + length * 4 > kernels.memory.buffer.byteLength) return undefined;
  new Float32Array(kernels.memory.buffer).set(taps);
  const { dotProduct } = kernels;
  return {
    samples: new Float32Array(kernels.memory.buffer, samplesAt, length),
    of: (tap, sample, count) => dotProduct(tap * 4, samplesAt + sample * 4, count),
  };
}

let kernels: Kernels | undefined;
