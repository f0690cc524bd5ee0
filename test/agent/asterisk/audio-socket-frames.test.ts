import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AudioSocketFrame,
  AudioSocketReader,
  serializeAudio,
  serializeDigit,
  serializeHangUp,
  serializeUuid,
} from '../../../src/agent/asterisk/audio-socket-frames.ts';

const uuid = '7c0e6a52-5d0b-4a0e-9a55-5b6a3f1d2c11';

function read(...pieces: readonly Uint8Array[]): AudioSocketFrame[] {
  const reader = new AudioSocketReader();
  const frames: AudioSocketFrame[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let frame = reader.take(); frame !== undefined; frame = reader.take()) frames.push(frame);
  }
  return frames;
}

describe('AudioSocket frames', () => {
  it('have a type, a big-endian length and little-endian samples', () => {
    const samples = Uint8Array.of(0x34, 0x12, 0xff, 0x7f);
    expect([...serializeAudio(samples, 8000)]).toEqual([0x10, 0, 4, 0x34, 0x12, 0xff, 0x7f]);
    expect([...serializeAudio(new Uint8Array(320), 16_000).subarray(0, 3)]).toEqual([0x12, 0x01, 0x40]);
    expect([...serializeUuid(uuid)]).toEqual([
      0x01, 0, 16, 0x7c, 0x0e, 0x6a, 0x52, 0x5d, 0x0b, 0x4a, 0x0e, 0x9a, 0x55, 0x5b, 0x6a, 0x3f, 0x1d, 0x2c,
      0x11,
    ]);
    expect([...serializeDigit('#')]).toEqual([0x03, 0, 1, 0x23]);
    expect([...serializeHangUp()]).toEqual([0, 0, 0]);
  });

  it.each([
    [0x10, 8000],
    [0x11, 12_000],
    [0x12, 16_000],
    [0x13, 24_000],
    [0x14, 32_000],
    [0x15, 44_100],
    [0x16, 48_000],
    [0x17, 96_000],
    [0x18, 192_000],
  ])('of type %i hold audio at %i Hz', (type, rateHz) => {
    const octets = Uint8Array.of(1, 2);
    expect(read(Uint8Array.of(type, 0, 2, 1, 2))).toEqual([{ kind: 'audio', rateHz, octets }]);
    expect(serializeAudio(octets, rateHz)[0]).toBe(type);
  });

  it('are the same wherever the stream breaks', () => {
    const stream = Buffer.concat([
      serializeUuid(uuid),
      serializeAudio(
        Uint8Array.from({ length: 320 }, (_, i) => i),
        8000,
      ),
      serializeDigit('5'),
      Uint8Array.of(0x77, 0, 5, 1, 2, 3, 4, 5),
      Uint8Array.of(0xff, 0, 1, 4),
      Uint8Array.of(0xff, 0, 0),
      serializeHangUp(),
    ]);
    const whole = read(stream);
    expect(whole.map(({ kind }) => kind)).toEqual([
      'uuid',
      'audio',
      'digit',
      'strange',
      'error',
      'error',
      'hang-up',
    ]);
    expect(whole[0]).toEqual({ kind: 'uuid', uuid });
    expect(whole[4]).toEqual({ kind: 'error', code: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: stream.length })), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), stream.length];
        const pieces = at.slice(1).map((end, i) => new Uint8Array(stream.subarray(at[i], end)));
        expect(read(...pieces)).toEqual(whole);
      }),
    );
  });

  it('tell of a length that cannot be before its payload, and find the next frame behind it', () => {
    expect(read(Uint8Array.of(0x48, 0x54, 0x54))).toEqual([{ kind: 'strange', type: 0x48, length: 0x5454 }]);
    expect(read(Uint8Array.of(0x03, 0, 2, 0x31, 0x32, 0, 0, 0))).toEqual([
      { kind: 'strange', type: 0x03, length: 2 },
      { kind: 'hang-up' },
    ]);
  });

  it('leave out half a sample', () => {
    expect(read(Uint8Array.of(0x10, 0, 3, 1, 2, 3))).toEqual([
      { kind: 'audio', rateHz: 8000, octets: Uint8Array.of(1, 2) },
    ]);
  });

  it('never throw, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (pieces) => {
        read(...pieces);
      }),
    );
  });
});
