/** pcapng files: blocks, of which those with frames and those that describe interfaces are read. @see draft-ietf-opsawg-pcapng */
import type { CapturedFrame } from './capture.ts';

interface Interface {
  readonly linkType: number;
  readonly ticksPerMs: number;
  readonly offsetMs: number;
}

/** The frames of every section of a file. */
export function* readPcapng(octets: Uint8Array): Generator<CapturedFrame> {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  let littleEndian = true;
  let interfaces: Interface[] = [];
  let lastMs = 0;
  let at = 0;
  while (at + SHORTEST_BLOCK_OCTETS <= octets.length) {
    // A section header's type reads the same both ways; its next field tells which way the rest is written.
    const isSection = view.getUint32(at, true) === SECTION_HEADER;
    if (isSection) {
      littleEndian = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
      interfaces = [];
    }
    const type = view.getUint32(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian);
    const end = at + length;
    if (length < SHORTEST_BLOCK_OCTETS || end > octets.length) return;
    const body = new DataView(octets.buffer, octets.byteOffset + at + 8, length - 12);
    if (type === INTERFACE_DESCRIPTION && body.byteLength >= 8) {
      interfaces.push(describeInterface(body, littleEndian));
    } else {
      const frame = frameOf(type, body, littleEndian, interfaces, lastMs);
      if (frame !== undefined) {
        lastMs = frame.timeMs;
        yield frame;
      }
    }
    at = end;
  }
}

function frameOf(
  type: number,
  body: DataView,
  littleEndian: boolean,
  interfaces: readonly Interface[],
  lastMs: number,
): CapturedFrame | undefined {
  if (type === SIMPLE_PACKET && body.byteLength >= 4 && interfaces[0] !== undefined) {
    // It has no time of its own.
    const kept = Math.min(body.getUint32(0, littleEndian), body.byteLength - 4);
    return { timeMs: lastMs, linkType: interfaces[0].linkType, octets: octetsOf(body, 4, kept) };
  }
  if ((type !== ENHANCED_PACKET && type !== OBSOLETE_PACKET) || body.byteLength < 20) return undefined;
  const index = type === ENHANCED_PACKET ? body.getUint32(0, littleEndian) : body.getUint16(0, littleEndian);
  const from = interfaces[index];
  const kept = body.getUint32(12, littleEndian);
  if (from === undefined || kept > body.byteLength - 20) return undefined;
  const ticks = body.getUint32(4, littleEndian) * 2 ** 32 + body.getUint32(8, littleEndian);
  return {
    timeMs: from.offsetMs + ticks / from.ticksPerMs,
    linkType: from.linkType,
    octets: octetsOf(body, 20, kept),
  };
}

function describeInterface(body: DataView, littleEndian: boolean): Interface {
  let ticksPerMs = 1e3;
  let offsetMs = 0;
  let at = 8;
  while (at + 4 <= body.byteLength) {
    const code = body.getUint16(at, littleEndian);
    const length = body.getUint16(at + 2, littleEndian);
    const value = at + 4;
    if (code === END_OF_OPTIONS || value + length > body.byteLength) break;
    if (code === TIMESTAMP_RESOLUTION && length === 1) {
      const resolution = body.getUint8(value);
      const ticksPerSecond = resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
      ticksPerMs = ticksPerSecond / 1000;
    } else if (code === TIMESTAMP_OFFSET && length === 8) {
      offsetMs = Number(body.getBigInt64(value, littleEndian)) * 1000;
    }
    at = value + length + ((4 - (length % 4)) % 4);
  }
  return { linkType: body.getUint16(0, littleEndian), ticksPerMs, offsetMs };
}

function octetsOf(body: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(body.buffer, body.byteOffset + at, length);
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type, length and length again. */
const SHORTEST_BLOCK_OCTETS = 12;
const END_OF_OPTIONS = 0;
const TIMESTAMP_RESOLUTION = 9;
const TIMESTAMP_OFFSET = 14;
