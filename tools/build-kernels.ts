/** Compiles the AssemblyScript kernels into the module that is committed: `npm run build:kernels`. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { main as compile } from 'assemblyscript/asc';

const folder: string = resolve(import.meta.dirname, '../src/audio/kernels');
export const kernelsModulePath: string = join(folder, 'kernels.wasm.ts');

/** The text that `kernels.wasm.ts` must have for its sources as they are now. */
export async function compileKernels(): Promise<string> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await compile(['kernels.ts', ...COMPILER_OPTIONS], {
    readFile: (name, base) => readSource(join(base, name)),
    writeFile: (name, contents) => {
      if (name === OUTPUT_NAME && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === undefined) throw new Error(`asc failed: ${stderr.toString()}`);
  const base64 = Buffer.from(binary)
    .toString('base64')
    .replace(/.{1,100}/g, "  '$&' +\n");
  return `${HEADER}export const kernelsBase64: string =\n${base64.replace(/ \+\n$/, ';\n')}`;
}

/** The compiler asks for every place a module might be; null says that it is not there. */
function readSource(name: string): string | null {
  const path = join(folder, 'assembly', name);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

const OUTPUT_NAME = 'kernels.wasm';
const COMPILER_OPTIONS = [
  ...['--outFile', OUTPUT_NAME, '--runtime', 'stub', '--enable', 'simd', '-O3', '--noAssert'],
  ...['--initialMemory', '16', '--maximumMemory', '16'],
];
const HEADER =
  '/** Made by `npm run build:kernels` from `assembly/`; a test holds it against its source. */\n';

if (import.meta.main) writeFileSync(kernelsModulePath, await compileKernels());
