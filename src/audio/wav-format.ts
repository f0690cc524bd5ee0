import { failure, type Result, success } from '../result.ts';

/** How the samples of a WAV file are written: its `fmt ` chunk, understood. */
export interface WavFormat {
  readonly encoding: 'pcm' | 'float' | 'a-law' | 'mu-law';
  readonly channels: number;
  readonly rateHz: number;
  /** One sample of one channel, with the octets that fill it up. */
  readonly sampleOctets: number;
}

export type WavFormatRefusal = 'wav-format-invalid' | 'wav-encoding-unsupported' | 'wav-rate-unsupported';

/** Reads the `fmt ` chunk of `length` octets at `at`, which lies inside the view. */
export function parseWavFormat(
  view: DataView,
  at: number,
  length: number,
  littleEndian: boolean,
): Result<WavFormat, WavFormatRefusal> {
  if (length < SHORTEST_FORMAT_OCTETS) return failure('wav-format-invalid');
  const tag = view.getUint16(at, littleEndian);
  const channels = view.getUint16(at + 2, littleEndian);
  const rateHz = view.getUint32(at + 4, littleEndian);
  const blockOctets = view.getUint16(at + 12, littleEndian);
  const bits = view.getUint16(at + 14, littleEndian);

  const isExtensible = tag === TAG_EXTENSIBLE && length >= EXTENSIBLE_FORMAT_OCTETS;
  const encoding = encodings.get(isExtensible ? view.getUint16(at + 24, littleEndian) : tag);
  if (encoding === undefined) return failure('wav-encoding-unsupported');
  if (channels < 1 || channels > MOST_CHANNELS) return failure('wav-format-invalid');
  if (rateHz < LOWEST_RATE_HZ || rateHz > HIGHEST_RATE_HZ) return failure('wav-rate-unsupported');

  const sampleOctets = containerOctets(bits, blockOctets / channels);
  if (!sampleSizes[encoding].includes(sampleOctets)) return failure('wav-encoding-unsupported');
  return success({ encoding, channels, rateHz, sampleOctets });
}

/** The block size tells of samples in wider containers, 24 bits in 32 say, and is believed when it can be true. */
function containerOctets(bits: number, octetsPerChannel: number): number {
  const needed = Math.ceil(bits / 8);
  const plausible = Number.isInteger(octetsPerChannel) && octetsPerChannel >= needed && octetsPerChannel <= 8;
  return plausible ? octetsPerChannel : needed;
}

const TAG_EXTENSIBLE = 0xfffe;
const encodings: ReadonlyMap<number, WavFormat['encoding']> = new Map([
  [1, 'pcm'],
  [3, 'float'],
  [6, 'a-law'],
  [7, 'mu-law'],
]);
const sampleSizes: Readonly<Record<WavFormat['encoding'], readonly number[]>> = {
  pcm: [1, 2, 3, 4],
  float: [4, 8],
  'a-law': [1],
  'mu-law': [1],
};
const SHORTEST_FORMAT_OCTETS = 16;
const EXTENSIBLE_FORMAT_OCTETS = 26;
const MOST_CHANNELS = 32;
const LOWEST_RATE_HZ = 4000;
const HIGHEST_RATE_HZ = 192_000;
