import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withIndexFirst } from '../../src/audio/mp4-layout.ts';
import { surveyOgg } from '../../src/audio/ogg-survey.ts';
import { detectSoundFormat } from '../../src/audio/sound-format.ts';
import { serializeWav } from '../../src/audio/wav.ts';

describe('the kind of a sound file', () => {
  it.each([
    ['WAV', serializeWav(new Int16Array(10), 8000), 'wav'],
    ['FLAC', ascii('fLaC\0\0\0\x22'), 'flac'],
    [
      'FLAC behind a tag',
      Uint8Array.of(...ascii('ID3\x04\0\0\0\0\0\x05'), 1, 2, 3, 4, 5, ...ascii('fLaC')),
      'flac',
    ],
    ['MP3', Uint8Array.of(0xff, 0xfb, 0x90, 0x64, 0, 0), 'mp3'],
    ['MPEG-2 layer III', Uint8Array.of(0xff, 0xf3, 0x48, 0xc4, 0, 0), 'mp3'],
    [
      'MP3 behind a tag and zeros',
      Uint8Array.of(...ascii('ID3\x03\0\0\0\0\0\x02'), 9, 9, 0, 0, 0, 0xff, 0xfb, 0x90, 0),
      'mp3',
    ],
    ['AAC in ADTS', Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x01, 0x00, 0xfc, 0), 'aac'],
    ['MP4', ascii('\0\0\0\x20ftypM4A '), 'mov'],
    ['WebM', Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3), 'matroska'],
    ['AIFF', ascii('FORM\0\0\0\0AIFF'), 'aiff'],
  ])('is told by its content: %s', (_what, octets, expected) => {
    const format = detectSoundFormat(octets);
    expect(format?.kind === 'other' ? format.demuxer : format?.kind).toBe(expected);
  });

  it.each([
    ['nothing', new Uint8Array(0)],
    ['a web page', ascii('<!doctype html><html>404</html>')],
    ['a playlist', ascii('#EXTM3U\nhttp://127.0.0.1/')],
    ["ffmpeg's list of files", ascii("ffconcat version 1.0\nfile '/etc/passwd'")],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)],
    ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ['a ZIP file', ascii('PK\x03\x04')],
    ['zeros', new Uint8Array(5000)],
  ])('is none for %s', (_what, octets) => {
    expect(detectSoundFormat(octets)).toBeUndefined();
  });

  it('is told of any octets at all without an exception', () => {
    const starts = ['', 'OggS', 'ID3', '\0\0\0\x10ftyp', 'RIFF', '\xff\xf1', 'moov'].map(ascii);
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 400 }), (start, rest) => {
        const octets = Uint8Array.of(...start, ...rest);
        detectSoundFormat(octets);
        expect(surveyOgg(octets).pages.length).toBeLessThan(20);
        expect(withIndexFirst(octets)).toHaveLength(octets.length);
      }),
    );
  });
});

describe('an MP4 file', () => {
  it('has its index moved before its sound, and the places told in it with it', () => {
    const media = box('mdat', ascii('soundsound'));
    const index = (offset: number) =>
      box(
        'moov',
        box('trak', box('mdia', box('minf', box('stbl', box('stco', numbers(0, 2, offset, offset + 5)))))),
      );
    const type = box('ftyp', ascii('M4A '));
    const written = Uint8Array.of(...type, ...media, ...index(type.length + 8));
    const arranged = Uint8Array.of(...type, ...index(type.length + index(0).length + 8), ...media);
    expect(withIndexFirst(written)).toEqual(arranged);
    expect(withIndexFirst(arranged)).toBe(arranged);
  });
});

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function box(type: string, body: Uint8Array): Uint8Array {
  return Uint8Array.of(...numbers(body.length + 8), ...ascii(type), ...body);
}

function numbers(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >>> 24, value >>> 16, value >>> 8, value]));
}
