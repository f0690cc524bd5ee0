/**
 * A WASI host with no machine behind it: arguments go in, the file that the program writes comes out, and nothing
 * else can be opened. Serves command line programs built for `wasi_snapshot_preview1`.
 */
export class MemoryWasi {
  readonly imports: WebAssembly.Imports;
  #memory: WebAssembly.Memory | undefined;
  #arguments: readonly Uint8Array[] = [];
  #output: Uint8Array[] = [];
  #messages: Uint8Array[] = [];

  constructor() {
    this.imports = {
      wasi_snapshot_preview1: {
        args_sizes_get: (count: number, octets: number) => this.#argsSizesGet(count, octets),
        args_get: (pointers: number, buffer: number) => this.#argsGet(pointers, buffer),
        clock_time_get: (_clock: number, _precision: bigint, result: number) => this.#clockTimeGet(result),
        fd_close: () => SUCCESS,
        fd_fdstat_get: (descriptor: number, result: number) => this.#fdstatGet(descriptor, result),
        fd_fdstat_set_flags: () => SUCCESS,
        fd_prestat_get: (descriptor: number, result: number) => this.#prestatGet(descriptor, result),
        fd_prestat_dir_name: (_descriptor: number, path: number) => this.#prestatDirName(path),
        fd_read: (_descriptor: number, _vectors: number, _count: number, result: number) =>
          this.#readNothing(result),
        fd_seek: () => SEEK_REFUSED,
        fd_write: (descriptor: number, vectors: number, count: number, result: number) =>
          this.#write(descriptor, vectors, count, result),
        path_open: (...parameters: readonly unknown[]) => this.#open(parameters),
        proc_exit: (code: number) => {
          throw new ProgramExit(code);
        },
      },
    };
  }

  /** Makes ready for one run of the program that exports `memory`. */
  prepare(memory: WebAssembly.Memory, programArguments: readonly string[]): void {
    this.#memory = memory;
    this.#arguments = programArguments.map((argument) => encoder.encode(`${argument}\0`));
    this.#output = [];
    this.#messages = [];
  }

  /** What the program has written to its one output file. */
  get output(): Uint8Array {
    return joined(this.#output);
  }

  /** What it said on stdout and stderr. */
  get messages(): string {
    return new TextDecoder().decode(joined(this.#messages)).trim();
  }

  #argsSizesGet(count: number, octets: number): number {
    const view = this.#view();
    view.setUint32(count, this.#arguments.length, true);
    view.setUint32(octets, octetsOf(this.#arguments), true);
    return SUCCESS;
  }

  #argsGet(pointers: number, buffer: number): number {
    const view = this.#view();
    let at = buffer;
    this.#arguments.forEach((argument, index) => {
      view.setUint32(pointers + 4 * index, at, true);
      this.#octets().set(argument, at);
      at += argument.length;
    });
    return SUCCESS;
  }

  #clockTimeGet(result: number): number {
    this.#view().setBigUint64(result, 0n, true);
    return SUCCESS;
  }

  #fdstatGet(descriptor: number, result: number): number {
    const view = this.#view();
    view.setUint8(result, descriptor === DIRECTORY ? FILETYPE_DIRECTORY : FILETYPE_REGULAR_FILE);
    view.setUint16(result + 2, 0, true);
    view.setBigUint64(result + 8, EVERY_RIGHT, true);
    view.setBigUint64(result + 16, EVERY_RIGHT, true);
    return SUCCESS;
  }

  #prestatGet(descriptor: number, result: number): number {
    if (descriptor !== DIRECTORY) return BAD_DESCRIPTOR;
    const view = this.#view();
    view.setUint32(result, 0, true);
    view.setUint32(result + 4, 1, true);
    return SUCCESS;
  }

  #prestatDirName(path: number): number {
    this.#octets()[path] = SLASH;
    return SUCCESS;
  }

  #readNothing(result: number): number {
    this.#view().setUint32(result, 0, true);
    return SUCCESS;
  }

  #write(descriptor: number, vectors: number, count: number, result: number): number {
    const view = this.#view();
    const sink = descriptor === OUTPUT_FILE ? this.#output : this.#messages;
    let written = 0;
    for (let index = 0; index < count; index += 1) {
      const from = view.getUint32(vectors + 8 * index, true);
      const length = view.getUint32(vectors + 8 * index + 4, true);
      sink.push(this.#octets().slice(from, from + length));
      written += length;
    }
    view.setUint32(result, written, true);
    return SUCCESS;
  }

  #open(parameters: readonly unknown[]): number {
    const openFlags = Number(parameters[4]);
    if ((openFlags & OPEN_CREATE) === 0) return NO_SUCH_FILE;
    this.#view().setUint32(Number(parameters[8]), OUTPUT_FILE, true);
    return SUCCESS;
  }

  #view(): DataView {
    return new DataView(this.#octets().buffer);
  }

  #octets(): Uint8Array {
    if (this.#memory === undefined) throw new ProgramExit(-1);
    return new Uint8Array(this.#memory.buffer);
  }
}

/** The program ended itself instead of returning. */
class ProgramExit extends Error {
  override readonly name: string = 'ProgramExit';

  constructor(code: number) {
    super(`the program ended itself with code ${code}`);
  }
}

function octetsOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(octetsOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const encoder = new TextEncoder();
const SLASH = 0x2f;

/** Descriptors: 0-2 are the standard streams, 3 the pre-opened folder, 4 the one file that may be created. */
const DIRECTORY = 3;
const OUTPUT_FILE = 4;
/** Error numbers and types of the preview 1 witx. */
const SUCCESS = 0;
const BAD_DESCRIPTOR = 8;
const NO_SUCH_FILE = 44;
const SEEK_REFUSED = 70;
const FILETYPE_DIRECTORY = 3;
const FILETYPE_REGULAR_FILE = 4;
const OPEN_CREATE = 1;
const EVERY_RIGHT = 0xffff_ffff_ffff_ffffn;
