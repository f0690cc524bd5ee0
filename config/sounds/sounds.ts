import { integratedLoudness } from '../../src/audio/loudness.ts';
import { serializeWav } from '../../src/audio/wav.ts';
import { cafe } from './synthesis/cafe.ts';
import { holdMusic } from './synthesis/hold-music.ts';
import { keyboard } from './synthesis/keyboard.ts';
import { office } from './synthesis/office.ts';
import { rain } from './synthesis/rain.ts';
import { RATE_HZ, type Ring } from './synthesis/ring.ts';
import { trainStation } from './synthesis/train-station.ts';

/** The sounds that come with Patchbay, each a loop. */
export const sounds: readonly Sound[] = [
  { file: 'cafe.wav', loudnessLufs: -30, synthesize: cafe },
  { file: 'office.wav', loudnessLufs: -30, synthesize: office },
  { file: 'train-station.wav', loudnessLufs: -30, synthesize: trainStation },
  { file: 'rain.wav', loudnessLufs: -30, synthesize: rain },
  { file: 'keyboard.wav', loudnessLufs: -30, synthesize: keyboard },
  { file: 'hold-music.wav', loudnessLufs: -24, synthesize: holdMusic },
];

export interface Sound {
  readonly file: string;
  readonly loudnessLufs: number;
  synthesize(): Ring;
}

/** A sound as the file it is kept in: WAV, 16 kHz, mono, 16 bit. */
export function makeFile(sound: Sound): Uint8Array {
  const ring = sound.synthesize().normalize();
  const rehearsal = quantize(ring, REHEARSAL_PEAK);
  const gain = 10 ** ((sound.loudnessLufs - integratedLoudness(rehearsal, RATE_HZ)) / 20);
  return serializeWav(quantize(ring, REHEARSAL_PEAK * gain), RATE_HZ);
}

function quantize(ring: Ring, scale: number): Int16Array {
  return Int16Array.from(ring.samples, (sample) =>
    Math.max(-32768, Math.min(32767, Math.round(sample * scale))),
  );
}

/** For an effective value of 1: loud enough to measure, with room for any peak. */
const REHEARSAL_PEAK = 1000;
