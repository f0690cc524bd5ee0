import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PcmReader } from '../../../src/speech/tts/pcm-reader.ts';

describe('raw samples from the network', () => {
  it('are the same however the network cuts them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        (parts, least) => {
          const reader = new PcmReader(least);
          const chunks = [...parts.map((part) => reader.push(part)), reader.finish()].filter(
            (chunk) => chunk !== undefined,
          );
          const octets = Buffer.concat(parts);
          const expected = Array.from({ length: octets.length >> 1 }, (_, i) => octets.readInt16LE(i * 2));
          expect(chunks.flatMap((chunk) => [...chunk])).toEqual(expected);
          for (const chunk of chunks.slice(0, -1)) expect(chunk.length).toBeGreaterThanOrEqual(least);
        },
      ),
    );
  });

  it('come at once when there are enough of them', () => {
    const reader = new PcmReader(2);
    expect(reader.push(Uint8Array.of(1, 0, 2))).toBeUndefined();
    expect(reader.push(Uint8Array.of(0, 3))).toEqual(Int16Array.of(1, 2));
    expect(reader.push(Uint8Array.of(0))).toBeUndefined();
    expect(reader.finish()).toEqual(Int16Array.of(3));
    expect(reader.finish()).toBeUndefined();
  });
});
