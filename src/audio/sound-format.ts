import { surveyOgg } from './ogg-survey.ts';

/**
 * What a sound file is, told by its content and never by its name. `other` is what a demuxer of ffmpeg reads; its
 * name is that demuxer's.
 */
export type SoundFormat =
  | { readonly kind: 'wav' | 'mp3' | 'flac' | 'ogg-vorbis' | 'ogg-opus' }
  | { readonly kind: 'other'; readonly demuxer: string };

/** Undefined for what is no sound file that anybody here reads: web pages, pictures, noise. */
export function detectSoundFormat(octets: Uint8Array): SoundFormat | undefined {
  const start = afterId3(octets);
  const known = magics.find(({ at, text }) => textAt(octets, at, text.length) === text);
  if (known !== undefined) return known.format;
  if (textAt(octets, 0, 4) === 'OggS') return oggFormat(octets);
  if (textAt(octets, start, 4) === 'fLaC') return { kind: 'flac' };
  if (isAdts(octets, start)) return { kind: 'other', demuxer: 'aac' };
  if (isMpegAudio(octets, start) || start > 0) return { kind: 'mp3' };
  if (isTransportStream(octets)) return { kind: 'other', demuxer: 'mpegts' };
  return undefined;
}

/** One stream of a kind that we decode ourselves; any mixture is left to ffmpeg. */
function oggFormat(octets: Uint8Array): SoundFormat {
  const { streams } = surveyOgg(octets);
  const [only] = streams;
  if (only === undefined || streams.length > 1 || only.codec === undefined || only.channels > MOST_CHANNELS)
    return { kind: 'other', demuxer: 'ogg' };
  return { kind: `ogg-${only.codec}` };
}

/** ID3v2 stands before MPEG audio, and where it should not; its length is in 7-bit octets. */
function afterId3(octets: Uint8Array): number {
  if (textAt(octets, 0, 3) !== 'ID3' || octets.length < 10) return 0;
  const size = octets.subarray(6, 10).reduce((sum, octet) => sum * 128 + (octet & 0x7f), 0);
  let start = 10 + size + ((octets[5]! & 0x10) === 0 ? 0 : 10);
  // Some writers leave zeros behind the tag that its length does not tell of.
  while (start < octets.length && octets[start] === 0) start += 1;
  return start;
}

/** AAC: sync, layer 0, and a second header where the first one says. */
function isAdts(octets: Uint8Array, at: number): boolean {
  const isHeader = (from: number) => octets[from] === 0xff && ((octets[from + 1] ?? 0) & 0xf6) === 0xf0;
  if (!isHeader(at) || octets.length < at + 7) return false;
  const length = ((octets[at + 3]! & 3) << 11) | (octets[at + 4]! << 3) | (octets[at + 5]! >> 5);
  return length >= 7 && (at + length >= octets.length || isHeader(at + length));
}

/** MPEG-1, -2 and -2.5, layers I to III: the header's fields are all possible. */
function isMpegAudio(octets: Uint8Array, at: number): boolean {
  if (octets.length < at + 4 || octets[at] !== 0xff) return false;
  const [version, layer] = [(octets[at + 1]! >> 3) & 3, (octets[at + 1]! >> 1) & 3];
  const [bitRate, rate] = [octets[at + 2]! >> 4, (octets[at + 2]! >> 2) & 3];
  return octets[at + 1]! >= 0xe0 && version !== 1 && layer !== 0 && bitRate !== 15 && rate !== 3;
}

function isTransportStream(octets: Uint8Array): boolean {
  const packets = Math.min(3, Math.floor(octets.length / TRANSPORT_PACKET_OCTETS));
  return packets > 1 && Array.from({ length: packets }).every((_, i) => octets[i * 188] === 0x47);
}

function textAt(octets: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...octets.subarray(at, at + length));
}

const other = (demuxer: string): SoundFormat => ({ kind: 'other', demuxer });
const magics: readonly { at: number; text: string; format: SoundFormat }[] = [
  { at: 8, text: 'WAVE', format: { kind: 'wav' } },
  { at: 4, text: 'ftyp', format: other('mov') },
  { at: 4, text: 'moov', format: other('mov') },
  { at: 0, text: '\x1aE\xdf\xa3', format: other('matroska') },
  { at: 8, text: 'AIFF', format: other('aiff') },
  { at: 8, text: 'AIFC', format: other('aiff') },
  { at: 8, text: 'AVI ', format: other('avi') },
  { at: 0, text: '.snd', format: other('au') },
  { at: 0, text: 'caff', format: other('caf') },
  { at: 0, text: '#!AMR', format: other('amr') },
  { at: 0, text: 'wvpk', format: other('wv') },
  { at: 0, text: 'MAC ', format: other('ape') },
  { at: 0, text: 'TTA1', format: other('tta') },
  { at: 0, text: '\x0bw', format: other('ac3') },
  { at: 0, text: 'FLV\x01', format: other('flv') },
  { at: 0, text: 'riff\x2e\x91\xcf\x11', format: other('w64') },
  { at: 0, text: '\x30\x26\xb2\x75\x8e\x66\xcf\x11', format: other('asf') },
];
const TRANSPORT_PACKET_OCTETS = 188;
const MOST_CHANNELS = 8;
