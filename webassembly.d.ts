/** The part of the WebAssembly JavaScript interface that is used here: neither `lib.es2024` nor `@types/node` has it. */
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, (...parameters: never[]) => unknown>>;

  class Module {
    constructor(octets: BufferSource);
  }

  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Record<string, unknown>;
  }

  interface Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }

  type BufferSource = ArrayBuffer | Uint8Array<ArrayBuffer>;

  function compile(octets: BufferSource): Promise<Module>;
  function validate(octets: BufferSource): boolean;
}
