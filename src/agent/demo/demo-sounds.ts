import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SwitchError } from '../../errors.ts';
import type { DemoPlace, DemoSounds } from './conversation.ts';

/** The demo's sounds, encoded once for all calls. Throws `SwitchError` `config-invalid` when one cannot be read. */
export function readDemoSounds(folder: string): DemoSounds {
  const read = (place: DemoPlace): string => {
    const path = join(folder, `${place}.wav`);
    try {
      return readFileSync(path).toString('base64');
    } catch (error) {
      throw new SwitchError('config-invalid', `the demo's sound ${path} cannot be read`, { cause: error });
    }
  };
  return {
    cafe: read('cafe'),
    office: read('office'),
    'train-station': read('train-station'),
    rain: read('rain'),
  };
}
