import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sounds } from '../../config/sounds/sounds.ts';
import { integratedLoudness } from '../../src/audio/loudness.ts';
import { parseWav, serializeWav } from '../../src/audio/wav.ts';
import { noise, tone } from '../support/audio.ts';
import { peersPresent } from '../support/peers.ts';

describe.skipIf(!peersPresent('ffmpeg'))('our loudness is that of ffmpeg ebur128', () => {
  it.each(sounds)('for $file', ({ file }) => {
    const octets = readFileSync(join(import.meta.dirname, '../../config/sounds', file));
    const wav = parseWav(octets);
    if (!wav.ok) throw new Error(wav.reason);
    expect(Math.abs(integratedLoudness(wav.value.samples, wav.value.rateHz) - ebur128(octets))).toBeLessThan(
      0.2,
    );
  });

  it.each([8000, 16_000, 48_000])('for speech-like bursts and pauses at %i Hz', (rateHz) => {
    const hiss = noise({ lengthSamples: 12 * rateHz, peak: 300 });
    const voice = tone(440, { rateHz, lengthSamples: 12 * rateHz, levelDb: -14 });
    const sound = hiss.map((sample, i) => {
      const seconds = i / rateHz;
      return sample + (seconds % 3 < 1.4 ? voice[i]! * Math.sin(seconds * 9) ** 2 : 0);
    });
    expect(Math.abs(integratedLoudness(sound, rateHz) - ebur128(serializeWav(sound, rateHz)))).toBeLessThan(
      0.2,
    );
  });
});

/** What ffmpeg's meter says in its summary: the integrated loudness, to a tenth. */
function ebur128(wav: Uint8Array): number {
  const run = spawnSync('ffmpeg', ['-hide_banner', '-i', 'pipe:0', '-af', 'ebur128', '-f', 'null', '-'], {
    input: wav,
    encoding: 'utf8',
  });
  const summary = run.stderr.slice(run.stderr.lastIndexOf('Summary:'));
  const match = /I:\s+(-?[\d.]+) LUFS/.exec(summary);
  if (match === null) throw new Error(`ffmpeg gave no loudness: ${run.stderr}`);
  return Number(match[1]);
}
