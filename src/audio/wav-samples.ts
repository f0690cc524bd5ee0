import { pcmaDecoder } from '../../codecs/pcma.ts';
import { pcmuDecoder } from '../../codecs/pcmu.ts';
import type { WavFormat } from './wav-format.ts';

/** Decodes `frames` sample frames at `at` into one channel, the mean of all, 16-bit. */
export function decodeWavSamples(
  view: DataView,
  at: number,
  frames: number,
  format: WavFormat,
  littleEndian: boolean,
): Int16Array {
  const { channels, sampleOctets } = format;
  const read = sampleReader(view, format, littleEndian);
  const samples = new Int16Array(frames);
  let next = at;
  for (let i = 0; i < frames; i++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++, next += sampleOctets) sum += read(next);
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(sum / channels)));
  }
  return samples;
}

/** Reads the sample at an octet in units of 16-bit PCM, with a fraction where the file is finer. */
function sampleReader(view: DataView, format: WavFormat, littleEndian: boolean): (at: number) => number {
  switch (format.encoding) {
    case 'pcm':
      return pcmReader(view, format.sampleOctets, littleEndian);
    case 'float':
      return format.sampleOctets === 4
        ? (at) => finite(view.getFloat32(at, littleEndian)) * 32768
        : (at) => finite(view.getFloat64(at, littleEndian)) * 32768;
    case 'a-law':
      return (at) => aLaw[view.getUint8(at)]!;
    case 'mu-law':
      return (at) => muLaw[view.getUint8(at)]!;
  }
}

/** PCM is signed and left-justified in its container, but for 8 bits, which have an offset. */
function pcmReader(view: DataView, octets: number, littleEndian: boolean): (at: number) => number {
  switch (octets) {
    case 1:
      return (at) => (view.getUint8(at) - 128) * 256;
    case 2:
      return (at) => view.getInt16(at, littleEndian);
    case 3:
      return littleEndian
        ? (at) => view.getInt16(at + 1, true) + view.getUint8(at) / 256
        : (at) => view.getInt16(at, false) + view.getUint8(at + 2) / 256;
    default:
      return (at) => view.getInt32(at, littleEndian) / 65536;
  }
}

/** Infinities of opposite sign must not meet in a sum; whatever is far beyond full scale clips anyway. */
function finite(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-64, Math.min(64, value));
}

const everyOctet = Uint8Array.from({ length: 256 }, (_, octet) => octet);
const aLaw = new Int16Array(256);
const muLaw = new Int16Array(256);
pcmaDecoder.decode(everyOctet, 0, 256, aLaw, 0);
pcmuDecoder.decode(everyOctet, 0, 256, muLaw, 0);
