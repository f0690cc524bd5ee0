import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWav, serializeWav } from '../../src/audio/wav.ts';
import { chunk, concat, octetsOf, type WavParts, wavFile } from '../support/wav.ts';

const pcm16 = (...samples: number[]) =>
  octetsOf(samples, 2, (view, at, sample) => view.setInt16(at, sample, true));
const float32 = (...samples: number[]) =>
  octetsOf(samples, 4, (view, at, sample) => view.setFloat32(at, sample, true));

describe('a WAV file', () => {
  const sound = [100, -200, 32_767, -32_768];
  const encodings: { name: string; parts: WavParts; expected: number[] }[] = [
    { name: '16-bit PCM', parts: { data: pcm16(...sound) }, expected: sound },
    {
      name: '8-bit PCM, which has an offset',
      parts: { bits: 8, data: Uint8Array.of(128, 0, 255, 129) },
      expected: [0, -32_768, 32_512, 256],
    },
    {
      name: '24-bit PCM',
      parts: { bits: 24, data: Uint8Array.of(0, 1, 0, 0xff, 0xff, 0x7f, 0, 0, 0x80, 0x80, 0xff, 0xff) },
      expected: [1, 32_767, -32_768, 0],
    },
    {
      name: '24-bit PCM in 32-bit containers',
      parts: { bits: 24, blockOctets: 4, data: Uint8Array.of(0, 0, 5, 0, 0, 0, 0, 0x80) },
      expected: [5, -32_768],
    },
    {
      name: '32-bit PCM',
      parts: { bits: 32, data: Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0x80) },
      expected: [1, -32_768],
    },
    {
      name: '32-bit float, which may go beyond full scale or be no number',
      parts: { tag: 3, bits: 32, data: float32(0.5, -1, 4, -4, Number.NaN, Number.POSITIVE_INFINITY) },
      expected: [16_384, -32_768, 32_767, -32_768, 0, 32_767],
    },
    {
      name: '64-bit float',
      parts: {
        tag: 3,
        bits: 64,
        data: octetsOf([0.25, -0.25], 8, (view, at, value) => view.setFloat64(at, value, true)),
      },
      expected: [8192, -8192],
    },
    {
      name: 'A-law',
      parts: { tag: 6, bits: 8, data: Uint8Array.of(0xd5, 0x55, 0xaa) },
      expected: [8, -8, 32_256],
    },
    {
      name: 'mu-law',
      parts: { tag: 7, bits: 8, data: Uint8Array.of(0xff, 0x80, 0x00) },
      expected: [0, 32_124, -32_124],
    },
    {
      name: 'the extensible format',
      parts: { extensible: true, data: pcm16(...sound) },
      expected: sound,
    },
    {
      name: 'big-endian RIFX',
      parts: {
        bigEndian: true,
        data: octetsOf(sound, 2, (view, at, sample) => view.setInt16(at, sample, false)),
      },
      expected: sound,
    },
    {
      name: 'two channels, mixed into one',
      parts: { channels: 2, data: pcm16(100, 300, -32_768, -32_768, 32_767, -32_767) },
      expected: [200, -32_768, 0],
    },
    {
      name: 'six channels, mixed into one',
      parts: { channels: 6, data: pcm16(6, 12, 18, 24, 30, 36) },
      expected: [21],
    },
  ];

  it.each(encodings)('is read as $name', ({ parts, expected }) => {
    expect(samplesOf(wavFile(parts))).toEqual(expected);
  });

  it('keeps its rate', () => {
    for (const rateHz of [4000, 8000, 11_025, 44_100, 192_000]) {
      expect(parseWav(wavFile({ rateHz, data: pcm16(1) }))).toMatchObject({ ok: true, value: { rateHz } });
    }
  });

  it('may hold no sound: the one in a much copied documentation does', () => {
    const documented = Buffer.from('UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=', 'base64');
    expect(parseWav(documented)).toMatchObject({ ok: true, value: { rateHz: 8000 } });
    expect(samplesOf(documented)).toEqual([]);
  });

  it('may lie at any offset of a larger buffer', () => {
    const file = wavFile({ data: pcm16(1, 2, 3) });
    const buffer = concat([Uint8Array.of(9), file, Uint8Array.of(9)]);
    expect(samplesOf(buffer.subarray(1, -1))).toEqual([1, 2, 3]);
  });

  it('is written so that it reads back', () => {
    fc.assert(
      fc.property(fc.int16Array(), fc.constantFrom(8000, 16_000, 24_000), (samples, rateHz) => {
        const parsed = parseWav(serializeWav(samples, rateHz));
        expect(parsed).toEqual({
          ok: true,
          value: { rateHz, channels: 1, samples: Int16Array.from(samples) },
        });
      }),
    );
    expect(serializeWav(Int16Array.of(1), 16_000)).toEqual(wavFile({ data: pcm16(1) }));
  });
});

describe('a WAV file whose header lies', () => {
  it.each([0xffff_ffff, 0x7fff_ffff, 1000, 0])(
    'about the length of its sound, %d, ends where it ends',
    (claimed) => {
      const data = pcm16(...Array.from({ length: 40 }, (_, i) => i - 1000));
      expect(samplesOf(wavFile({ data, claimedDataOctets: claimed }))).toHaveLength(40);
    },
  );

  it.each([0, 1, 0xffff_ffff])('about the length of the whole, %d, is read all the same', (claimed) => {
    expect(samplesOf(wavFile({ data: pcm16(7), claimedRiffOctets: claimed }))).toEqual([7]);
  });

  it('with an odd length loses the half sample', () => {
    expect(samplesOf(wavFile({ data: Uint8Array.of(1, 0, 2) }))).toEqual([1]);
  });

  it('is empty when it says so and another chunk follows', () => {
    expect(samplesOf(wavFile({ after: [chunk('LIST', new Uint8Array(40))] }))).toEqual([]);
  });

  it('may have other chunks about, of odd length, padded or not', () => {
    const info = chunk('LIST', Uint8Array.of(1, 2, 3));
    const parts = { data: pcm16(5, 6), after: [info] };
    expect(samplesOf(wavFile({ ...parts, before: [info, chunk('JUNK', new Uint8Array(28))] }))).toEqual([
      5, 6,
    ]);
    expect(samplesOf(wavFile({ ...parts, before: [info.slice(0, -1)] }))).toEqual([5, 6]);
  });

  it('is read as far as it goes when it is cut off', () => {
    const file = wavFile({ data: pcm16(1, 2, 3, 4) });
    expect(samplesOf(file.slice(0, -3))).toEqual([1, 2]);
  });

  it('about its block size is read by its sample size', () => {
    expect(samplesOf(wavFile({ blockOctets: 0, data: pcm16(1, 2) }))).toEqual([1, 2]);
  });
});

describe('what is no WAV file we can play', () => {
  const chunkWithoutEnd = wavFile({ before: [chunk('LIST', new Uint8Array(4), 0xffff_fff0)] });
  it.each([
    ['nothing', new Uint8Array(0), 'not-wav'],
    ['an MP3 file', Buffer.from('ID3\x03\0\0\0\0\0\0\0\0\0\0'), 'not-wav'],
    ['an AVI file', Buffer.from('RIFF\x04\0\0\0AVI LIST'), 'not-wav'],
    ['a WAV file that ends before its format', wavFile().slice(0, 20), 'wav-format-invalid'],
    ['a WAV file that ends before its sound', wavFile().slice(0, 36), 'wav-data-missing'],
    ['a chunk that claims 4 GB before all others', chunkWithoutEnd, 'wav-format-invalid'],
    ['ADPCM', wavFile({ tag: 0x11, bits: 4 }), 'wav-encoding-unsupported'],
    ['MP3 in a WAV file', wavFile({ tag: 0x55 }), 'wav-encoding-unsupported'],
    ['40-bit PCM', wavFile({ bits: 40 }), 'wav-encoding-unsupported'],
    ['no channel', wavFile({ channels: 0 }), 'wav-format-invalid'],
    ['65,535 channels', wavFile({ channels: 65_535, blockOctets: 2 }), 'wav-format-invalid'],
    ['a rate of 0 Hz', wavFile({ rateHz: 0 }), 'wav-rate-unsupported'],
    ['a rate of 4 GHz', wavFile({ rateHz: 0xffff_ffff }), 'wav-rate-unsupported'],
  ])('%s is refused', (_, octets, reason) => {
    expect(parseWav(octets)).toEqual({ ok: false, reason });
  });

  it('is refused when it lasts too long, and decoded when it just does not', () => {
    const file = wavFile({ rateHz: 8000, data: new Uint8Array(16_000) });
    expect(parseWav(file, { longestMs: 1000 }).ok).toBe(true);
    expect(parseWav(file, { longestMs: 999 })).toEqual({ ok: false, reason: 'sound-too-long' });
  });

  it('never throws, whatever the octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => {
        expect(typeof parseWav(octets).ok).toBe('boolean');
      }),
    );
  });

  it('never throws on a good file with a few octets changed, or cut', () => {
    const file = wavFile({ channels: 2, extensible: true, data: pcm16(...Array(50).fill(1000)) });
    const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.nat(file.length), (changes, length) => {
        const octets = file.slice(0, length);
        for (const [at, value] of changes) octets[at] = value;
        const parsed = parseWav(octets);
        if (parsed.ok) expect(parsed.value.samples.length).toBeLessThanOrEqual(file.length);
      }),
      { numRuns: 2000 },
    );
  });
});

function samplesOf(octets: Uint8Array): number[] {
  const parsed = parseWav(octets);
  expect(parsed).toMatchObject({ ok: true });
  return parsed.ok ? [...parsed.value.samples] : [];
}
