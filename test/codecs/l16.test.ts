import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeL16, encodeL16 } from '../../codecs/l16.ts';

describe('raw 16-bit linear audio', () => {
  it('is little-endian and signed', () => {
    const samples = new Int16Array(4);
    const octets = Uint8Array.of(0x01, 0x02, 0xff, 0xff, 0x00, 0x80, 0xff, 0x7f);
    expect(decodeL16(octets, 0, octets.length, samples, 0)).toBe(4);
    expect([...samples]).toEqual([0x0201, -1, -32768, 32767]);
  });

  it('comes back unchanged from any octet offset', () => {
    fc.assert(
      fc.property(fc.int16Array(), fc.nat(9), fc.nat(9), (samples, octetsOffset, samplesOffset) => {
        const octets = new Uint8Array(octetsOffset + samples.length * 2 + 1).fill(0xaa);
        const written = encodeL16(samples, 0, samples.length, octets, octetsOffset);
        expect(written).toBe(samples.length * 2);
        expect(octets.at(-1)).toBe(0xaa);

        const output = new Int16Array(samplesOffset + samples.length);
        expect(decodeL16(octets, octetsOffset, written, output, samplesOffset)).toBe(samples.length);
        expect([...output.slice(samplesOffset)]).toEqual([...samples]);
      }),
    );
  });

  it('leaves an odd last octet alone', () => {
    const output = Int16Array.of(7, 7);
    expect(decodeL16(Uint8Array.of(1, 0, 9), 0, 3, output, 0)).toBe(1);
    expect([...output]).toEqual([1, 7]);
  });
});
