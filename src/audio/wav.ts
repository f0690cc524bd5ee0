/**
 * WAV files as people, tools and streaming services really write them. Lengths in headers are a hint: a stream
 * has none when it begins, and some writers never come back to fill them in.
 */
import { encodeL16 } from '../../codecs/l16.ts';
import { failure, type Result, success } from '../result.ts';
import { parseWavFormat, type WavFormat, type WavFormatRefusal } from './wav-format.ts';
import { decodeWavSamples } from './wav-samples.ts';

/** Decoded sound, all channels mixed into one. */
export interface WavAudio {
  readonly rateHz: number;
  /** How many there were. */
  readonly channels: number;
  readonly samples: Int16Array;
}

export type WavRefusal = WavFormatRefusal | 'not-wav' | 'wav-data-missing' | 'sound-too-long';

/** Decodes integer and float PCM and G.711, at 4 to 192 kHz. No samples at all are a sound too: an empty one. */
export function parseWav(
  octets: Uint8Array,
  limits: { readonly longestMs: number } = { longestMs: Number.POSITIVE_INFINITY },
): Result<WavAudio, WavRefusal> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  if (octets.length < RIFF_HEADER_OCTETS) return failure('not-wav');
  const container = chunkId(view, 0);
  if (!containers.includes(container) || chunkId(view, 8) !== 'WAVE') return failure('not-wav');
  const littleEndian = container !== 'RIFX';

  let format: WavFormat | undefined;
  let at = RIFF_HEADER_OCTETS;
  while (at + CHUNK_HEADER_OCTETS <= view.byteLength) {
    const id = chunkId(view, at);
    const claimed = view.getUint32(at + 4, littleEndian);
    const start = at + CHUNK_HEADER_OCTETS;
    const length = Math.min(claimed, view.byteLength - start);
    if (id === 'fmt ' && format === undefined) {
      const parsed = parseWavFormat(view, start, length, littleEndian);
      if (!parsed.ok) return parsed;
      format = parsed.value;
    } else if (id === 'data') {
      if (format === undefined) return failure('wav-format-invalid');
      const dataLength = claimed === 0 ? unclaimedLength(view, start, littleEndian) : length;
      const frames = Math.floor(dataLength / (format.channels * format.sampleOctets));
      if (frames > (limits.longestMs * format.rateHz) / 1000) return failure('sound-too-long');
      const samples = decodeWavSamples(view, start, frames, format, littleEndian);
      return success({ rateHz: format.rateHz, channels: format.channels, samples });
    }
    at = start + length + padding(view, start + length, length);
  }
  return failure(format === undefined ? 'wav-format-invalid' : 'wav-data-missing');
}

/** Mono 16-bit PCM, with the plain 44-octet header that everything reads. */
export function serializeWav(samples: Int16Array, rateHz: number): Uint8Array {
  const octets = new Uint8Array(PLAIN_HEADER_OCTETS + samples.length * 2);
  const view = new DataView(octets.buffer);
  writeChunkId(octets, 0, 'RIFF');
  view.setUint32(4, octets.length - CHUNK_HEADER_OCTETS, true);
  writeChunkId(octets, 8, 'WAVE');
  writeChunkId(octets, 12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, rateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeChunkId(octets, 36, 'data');
  view.setUint32(40, samples.length * 2, true);
  encodeL16(samples, 0, samples.length, octets, PLAIN_HEADER_OCTETS);
  return octets;
}

/**
 * A data chunk that claims to be empty is, at the end of the file or when another chunk follows. Otherwise its
 * writer never filled the length in, and all that follows is sound.
 */
function unclaimedLength(view: DataView, start: number, littleEndian: boolean): number {
  const remaining = view.byteLength - start;
  if (remaining < CHUNK_HEADER_OCTETS) return 0;
  const isChunk =
    /^[A-Za-z0-9 _]{4}$/.test(chunkId(view, start)) &&
    view.getUint32(start + 4, littleEndian) <= remaining - CHUNK_HEADER_OCTETS;
  return isChunk ? 0 : remaining;
}

/** Chunks of odd length are followed by a zero, which some writers leave out. */
function padding(view: DataView, end: number, length: number): number {
  return length % 2 === 1 && end < view.byteLength && view.getUint8(end) === 0 ? 1 : 0;
}

function chunkId(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function writeChunkId(octets: Uint8Array, at: number, id: string): void {
  for (let i = 0; i < 4; i++) octets[at + i] = id.charCodeAt(i);
}

/** RIFX is big-endian; RF64 and BW64 hold more than 4 GB and say so where it does not matter here. */
const containers: readonly string[] = ['RIFF', 'RIFX', 'RF64', 'BW64'];
const RIFF_HEADER_OCTETS = 12;
const CHUNK_HEADER_OCTETS = 8;
const PLAIN_HEADER_OCTETS = 44;
