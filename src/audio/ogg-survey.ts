/** What an Ogg file holds, from its pages alone. */
export interface OggSurvey {
  /** The whole pages, in order; a page that the file's end cuts is left out. */
  readonly pages: readonly Uint8Array[];
  /** Every logical stream, chained or side by side, in the order in which they begin. */
  readonly streams: readonly OggStream[];
  /** Every page is as it was written, and nothing lies between them. */
  readonly intact: boolean;
}

interface OggStream {
  /** Undefined for what is neither: FLAC, Speex, pictures, text. */
  readonly codec: 'vorbis' | 'opus' | undefined;
  readonly channels: number;
}

/** @see RFC 3533 section 6 */
export function surveyOgg(octets: Uint8Array): OggSurvey {
  const pages: Uint8Array[] = [];
  const streams: OggStream[] = [];
  let at = 0;
  while (at + PAGE_HEADER_OCTETS <= octets.length && startsWith(octets, at, 'OggS')) {
    const body = at + PAGE_HEADER_OCTETS + octets[at + 26]!;
    let end = body;
    for (let i = at + PAGE_HEADER_OCTETS; i < body; i += 1) end += octets[i] ?? 0;
    if (end > octets.length) return { pages, streams, intact: true };
    const page = octets.subarray(at, end);
    if (checksum(page) !== new DataView(page.buffer, page.byteOffset).getUint32(CHECKSUM_AT, true)) break;
    pages.push(page);
    if ((page[5]! & BEGINS_STREAM) !== 0) streams.push(streamBeginningAt(octets, body));
    at = end;
  }
  const rest = octets.length - at;
  return { pages, streams, intact: rest < PAGE_HEADER_OCTETS };
}

function streamBeginningAt(octets: Uint8Array, at: number): OggStream {
  if (startsWith(octets, at, '\x01vorbis')) return { codec: 'vorbis', channels: octets[at + 11] ?? 0 };
  if (startsWith(octets, at, 'OpusHead')) return { codec: 'opus', channels: octets[at + 9] ?? 0 };
  return { codec: undefined, channels: 0 };
}

function startsWith(octets: Uint8Array, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (octets[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** CRC-32 with the polynomial 04C11DB7, highest bit first, its own four octets taken as zeros. */
function checksum(page: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < page.length; i += 1) {
    const octet = i >= CHECKSUM_AT && i < CHECKSUM_AT + 4 ? 0 : page[i]!;
    sum = ((sum << 8) ^ crcTable[(sum >>> 24) ^ octet]!) >>> 0;
  }
  return sum;
}

const crcTable: Uint32Array = Uint32Array.from({ length: 256 }, (_, octet) => {
  let sum = octet << 24;
  for (let bit = 0; bit < 8; bit += 1) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum >>> 0;
});
const PAGE_HEADER_OCTETS = 27;
const CHECKSUM_AT = 22;
const BEGINS_STREAM = 2;
