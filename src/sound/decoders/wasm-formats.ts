/** The formats that are decoded in WebAssembly, each with the portions that its decoder is fed. */
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { MPEGDecoder } from 'mpg123-decoder';
import { OggOpusDecoder } from 'ogg-opus-decoder';
import { surveyOgg } from '../../audio/ogg-survey.ts';
import type { Decoded, DecodeLimits } from '../decoded-sound.ts';
import { refused } from '../refusal.ts';
import { decodeInPortions, type WasmDecoder } from './wasm-decoder.ts';

export type WasmFormat = 'mp3' | 'flac' | 'ogg-vorbis' | 'ogg-opus';

export function decodeInWasm(format: WasmFormat, octets: Uint8Array, limits: DecodeLimits): Promise<Decoded> {
  switch (format) {
    case 'mp3':
      return decodeInPortions(format, new MPEGDecoder(), slices(octets, MP3_PORTION_OCTETS), limits);
    case 'flac':
      return decodeInPortions(format, new FLACDecoder(), slices(octets, FLAC_PORTION_OCTETS), limits);
    case 'ogg-vorbis':
      return decodeOgg(format, octets, () => new OggVorbisDecoder(), limits);
    case 'ogg-opus':
      return decodeOgg(format, octets, () => new OggOpusDecoder(), limits);
  }
}

/** Page by page, each held against its checksum: the decoders read beyond their memory when one is not as written. */
function decodeOgg(
  format: WasmFormat,
  octets: Uint8Array,
  create: () => WasmDecoder,
  limits: DecodeLimits,
): Promise<Decoded> {
  const { pages, intact } = surveyOgg(octets);
  if (!intact) return Promise.resolve(refused('sound-damaged', 'a page is not as it was written'));
  return decodeInPortions(format, create(), pages, limits);
}

function slices(octets: Uint8Array, length: number): Uint8Array[] {
  const count = Math.ceil(octets.length / length);
  return Array.from({ length: count }, (_, i) => octets.subarray(i * length, (i + 1) * length));
}

/** A frame of 24 octets is 1152 samples: 3 MB. */
const MP3_PORTION_OCTETS = 4096;
/** A frame of 11 octets may be 65,535 samples, or of 32 octets as many in eight channels: 33 MB. */
const FLAC_PORTION_OCTETS = 512;
