/**
 * The samples of what flite and espeak-ng write: a RIFF header of 44 octets and mono 16-bit samples to the end. The
 * lengths in the header are not read, as a program that writes to a pipe cannot know them.
 */
export function readSpokenWav(octets: Uint8Array): SpokenWav {
  if (octets.length < HEADER_OCTETS) throw new Error(`a WAV file of ${octets.length} octets has no header`);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (view.getUint32(0) !== RIFF || view.getUint16(22, true) !== 1 || view.getUint16(34, true) !== 16)
    throw new Error('not a mono 16-bit WAV file');
  const samples = new Int16Array((octets.length - HEADER_OCTETS) >> 1);
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = view.getInt16(HEADER_OCTETS + 2 * index, true);
  return { samples, rateHz: view.getUint32(24, true) };
}

export interface SpokenWav {
  readonly samples: Int16Array<ArrayBuffer>;
  readonly rateHz: number;
}

const HEADER_OCTETS = 44;
const RIFF = 0x52494646;
