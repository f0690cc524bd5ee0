/**
 * An MP4 file whose index stands before its sound, so that it can be read from a pipe. Most writers put the index,
 * `moov`, at the end; it is moved forward and the places it tells of with it. Files that are in order already, in
 * fragments or broken come back as they are.
 *
 * @see ISO/IEC 14496-12 sections 8.2 and 8.7.5
 */
export function withIndexFirst(octets: Uint8Array): Uint8Array {
  const boxes = boxesIn(octets, 0, octets.length);
  const index = boxes.find(({ type }) => type === 'moov');
  const media = boxes.find(({ type }) => type === 'mdat');
  if (index === undefined || media === undefined || index.start < media.start) return octets;
  const moov = new Uint8Array(octets.subarray(index.start, index.end));
  moveChunks(moov, index.start);
  const arranged = new Uint8Array(octets.length);
  arranged.set(octets.subarray(0, media.start));
  arranged.set(moov, media.start);
  arranged.set(octets.subarray(media.start, index.start), media.start + moov.length);
  arranged.set(octets.subarray(index.end), index.end);
  return arranged;
}

interface Box {
  readonly type: string;
  readonly start: number;
  /** Behind the header. */
  readonly body: number;
  readonly end: number;
}

function boxesIn(octets: Uint8Array, from: number, to: number): Box[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const boxes: Box[] = [];
  for (let start = from; start + 8 <= to && boxes.length < MOST_BOXES; ) {
    const short = view.getUint32(start);
    const isLong = short === 1 && start + 16 <= to;
    const size = isLong ? Number(view.getBigUint64(start + 8)) : short === 0 ? to - start : short;
    const header = isLong ? 16 : 8;
    if (size < header) break;
    const type = String.fromCharCode(...octets.subarray(start + 4, start + 8));
    const end = Math.min(to, start + size);
    boxes.push({ type, start, body: start + header, end });
    start = end;
  }
  return boxes;
}

/** The chunks that lie before the index's old place, `oldStart`, come to lie behind it. */
function moveChunks(moov: Uint8Array, oldStart: number): void {
  const by = moov.length;
  const view = new DataView(moov.buffer, moov.byteOffset, moov.byteLength);
  const descend = (from: number, to: number): void => {
    for (const { type, body, end } of boxesIn(moov, from, to)) {
      if (containers.has(type)) descend(body, end);
      const width = type === 'stco' ? 4 : type === 'co64' ? 8 : 0;
      if (width === 0 || body + 8 > end) continue;
      const count = Math.min(view.getUint32(body + 4), Math.floor((end - body - 8) / width));
      for (let i = 0, at = body + 8; i < count; i += 1, at += width) {
        const chunk = width === 4 ? view.getUint32(at) : Number(view.getBigUint64(at));
        if (chunk >= oldStart) continue;
        if (width === 4) view.setUint32(at, chunk + by);
        else view.setBigUint64(at, BigInt(chunk + by));
      }
    }
  };
  descend(8, moov.length);
}

const containers: ReadonlySet<string> = new Set(['trak', 'mdia', 'minf', 'stbl']);
const MOST_BOXES = 10_000;
