import { failure, type Result, success } from '../../result.ts';
import { readPcap } from './pcap.ts';
import { readPcapng } from './pcapng.ts';

/** One frame as it was on the wire, or as much of it as was kept. */
export interface CapturedFrame {
  /** Unix epoch milliseconds, with a fraction. */
  readonly timeMs: number;
  /** How `octets` begins: a LINKTYPE number of tcpdump.org. */
  readonly linkType: number;
  /** A view of the file. */
  readonly octets: Uint8Array;
}

export type CaptureRefusal = 'too-short' | 'not-a-capture';

/**
 * Reads a capture file: pcap in either byte order, in micro- or nanoseconds, or pcapng. A file that ends within a
 * frame gives those before it.
 */
export function readCapture(octets: Uint8Array): Result<Iterable<CapturedFrame>, CaptureRefusal> {
  if (octets.length < SHORTEST_HEADER_OCTETS) return failure('too-short');
  const magic = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
  if (magic === PCAPNG_MAGIC) return success(readPcapng(octets));
  const frames = readPcap(octets);
  return frames === undefined ? failure('not-a-capture') : success(frames);
}

const SHORTEST_HEADER_OCTETS = 24;
/** A section header block's type: the same in either byte order. */
const PCAPNG_MAGIC = 0x0a0d0d0a;
