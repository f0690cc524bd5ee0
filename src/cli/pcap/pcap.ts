/** Classic pcap files. @see draft-ietf-opsawg-pcap */
import type { CapturedFrame } from './capture.ts';

/** The frames of a file of at least a header's length; undefined when its magic number is not one of pcap's. */
export function readPcap(octets: Uint8Array): Iterable<CapturedFrame> | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  for (const littleEndian of [true, false]) {
    const magic = view.getUint32(0, littleEndian);
    if (magic === MICROSECOND_MAGIC) return frames(octets, view, littleEndian, 1e3);
    if (magic === NANOSECOND_MAGIC) return frames(octets, view, littleEndian, 1e6);
  }
  return undefined;
}

function* frames(
  octets: Uint8Array,
  view: DataView,
  littleEndian: boolean,
  fractionsPerMs: number,
): Generator<CapturedFrame> {
  // The upper bits tell whether frames end in a checksum.
  const linkType = view.getUint32(20, littleEndian) & 0xffff;
  let at = FILE_HEADER_OCTETS;
  while (at + RECORD_HEADER_OCTETS <= octets.length) {
    const seconds = view.getUint32(at, littleEndian);
    const fraction = view.getUint32(at + 4, littleEndian);
    const start = at + RECORD_HEADER_OCTETS;
    const end = start + view.getUint32(at + 8, littleEndian);
    if (end > octets.length) return;
    yield {
      timeMs: seconds * 1000 + fraction / fractionsPerMs,
      linkType,
      octets: octets.subarray(start, end),
    };
    at = end;
  }
}

const MICROSECOND_MAGIC = 0xa1b2c3d4;
const NANOSECOND_MAGIC = 0xa1b23c4d;
const FILE_HEADER_OCTETS = 24;
const RECORD_HEADER_OCTETS = 16;
