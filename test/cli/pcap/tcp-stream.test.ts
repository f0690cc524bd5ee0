import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TcpStream } from '../../../src/cli/pcap/tcp-stream.ts';
import type { TcpSegment } from '../../../src/cli/pcap/transport.ts';

const sent = Uint8Array.from({ length: 2000 }, (_, index) => index % 251);

function segment(offset: number, length: number, first: number, syn = false): TcpSegment {
  const endpoint = { address: '10.0.0.1', port: 5060 };
  const payload = sent.subarray(offset, offset + length);
  const sequenceNumber = (first + offset) >>> 0;
  return { kind: 'tcp', timeMs: 0, source: endpoint, destination: endpoint, payload, sequenceNumber, syn };
}

function textOf(stream: TcpStream, segments: readonly TcpSegment[]): number[] {
  return segments.flatMap((part) => stream.push(part).flatMap((octets) => [...octets]));
}

describe('a captured TCP stream', () => {
  it('is what was sent, however it was cut, repeated and overtaken, and wherever its numbers wrap', () => {
    const pieces = fc.array(fc.tuple(fc.nat(1900), fc.integer({ min: 1, max: 300 })), { maxLength: 40 });
    fc.assert(
      fc.property(pieces, fc.constantFrom(1, 2 ** 32 - 700, 2 ** 31 - 700), (extra, first) => {
        const stream = new TcpStream();
        stream.push({ ...segment(0, 0, first - 1, true) });
        const cover = Array.from({ length: 20 }, (_, index) => [index * 100, 100] as const);
        // What comes twice or too early comes first; then everything, in order.
        const heard = textOf(
          stream,
          [...extra, ...cover].map(([offset, length]) => segment(offset, length, first)),
        );
        expect(heard).toEqual([...sent]);
      }),
    );
  });

  it('begins with whatever was captured first', () => {
    expect(textOf(new TcpStream(), [segment(500, 100, 9), segment(600, 100, 9)])).toEqual([
      ...sent.subarray(500, 700),
    ]);
  });

  it('goes on behind a segment that was not captured', () => {
    const stream = new TcpStream();
    const segments = [
      segment(0, 10, 1),
      ...Array.from({ length: 80 }, (_, i) => segment(20 + i * 10, 10, 1)),
    ];
    expect(textOf(stream, segments)).toEqual([...sent.subarray(0, 10), ...sent.subarray(20, 820)]);
  });
});
