import { Buffer } from 'node:buffer';
import { kernelsBase64 } from './kernels.wasm.ts';

/** The SIMD kernels with a memory of their own. Pointers count octets. */
export interface Kernels {
  /** 1 MB that never grows, so no view of it is ever detached; the kernels use none of it themselves. */
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Polyphase convolution of 16-bit samples, see `assembly/convolve.ts`. */
  convolve(
    input: number,
    output: number,
    coefficients: number,
    up: number,
    down: number,
    taps: number,
    copiedTap: number,
    position: number,
    count: number,
  ): void;
  /** Of `count` floats, a multiple of eight. */
  dotProduct(taps: number, samples: number, count: number): number;
}

/** Undefined where there is no WebAssembly or it has no SIMD: then JavaScript does the work. */
export function instantiateKernels(): Kernels | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  compiled ??= compile(WebAssembly);
  return compiled && new WebAssembly.Instance(compiled).exports;
}

/** What is used of it here: the types of Node leave it to those of the browser, which are not for this project. */
declare const WebAssembly: WebAssemblyApi | undefined;

interface WebAssemblyApi {
  validate(octets: Uint8Array): boolean;
  Module: new (octets: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: Kernels };
}

function compile(api: WebAssemblyApi): object | undefined {
  const octets = Buffer.from(kernelsBase64, 'base64');
  return api.validate(octets) ? new api.Module(octets) : undefined;
}

let compiled: object | undefined;
