/** Makes the sounds beside this file anew: `npm run build:sounds`. The same on every run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFile, sounds } from './sounds.ts';

for (const sound of sounds) {
  const octets = makeFile(sound);
  writeFileSync(join(import.meta.dirname, sound.file), octets);
  process.stdout.write(`${sound.file} ${octets.length} octets\n`);
}
