/**
 * Prints how near concealment comes to the speech that was lost, beside silence and repetition.
 * `node test/bench/concealment.ts`; needs `shared/captures/ref_8k.wav` beside the project.
 */
import { readFileSync } from 'node:fs';
import { pcmuDecoder, pcmuEncoder } from '../../codecs/pcmu.ts';
import { parseWav } from '../../src/audio/wav.ts';
import {
  conceal,
  type Filler,
  gilbertElliott,
  logSpectralDistanceDb,
  repeatHalf,
  segmentalSnrDb,
  zeroFill,
} from '../support/concealment-trial.ts';
import { sharedPath } from '../support/shared.ts';

const path = sharedPath('captures', 'ref_8k.wav');
if (path === undefined) process.exit(1);
const wav = parseWav(readFileSync(path));
if (!wav.ok) throw new Error(wav.reason);
const reference = throughPcmu(wav.value.samples);
const frames = Math.floor(reference.length / 160);
const fillers: Record<string, Filler> = {
  'zero fill': zeroFill,
  'repeat at half level': repeatHalf,
  concealment: conceal,
};

for (const pattern of [
  { loss: 0.055, meanBurst: 1 },
  { loss: 0.055, meanBurst: 3 },
  { loss: 0.1, meanBurst: 2 },
]) {
  const lost = gilbertElliott(frames, pattern);
  const share = (lost.filter(Boolean).length / frames) * 100;
  print(
    `\n${share.toFixed(1)} % of 20 ms frames lost, mean burst ${pattern.meanBurst}, 60 s of speech, PCMU`,
  );
  for (const [name, fill] of Object.entries(fillers)) {
    const heard = reference.slice();
    fill(heard, lost);
    const distance = logSpectralDistanceDb(reference, heard, lost).toFixed(2);
    const snr = segmentalSnrDb(reference, heard, lost).toFixed(2);
    print(`  ${name.padEnd(22)} log-spectral distance ${distance.padStart(6)} dB   segmental SNR ${snr} dB`);
  }
}

function throughPcmu(samples: Int16Array): Int16Array {
  const octets = new Uint8Array(samples.length);
  pcmuEncoder.encode(samples, 0, samples.length, octets, 0);
  const decoded = new Int16Array(samples.length);
  pcmuDecoder.decode(octets, 0, octets.length, decoded, 0);
  return decoded;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
