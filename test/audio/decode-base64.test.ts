import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../../src/audio/decode-base64.ts';

const octets = Uint8Array.of(0xfb, 0xff, 0xfe, 0x00, 0x10);
const plain = '+//+ABA=';

describe('base64', () => {
  it.each([
    ['as it should be', plain],
    ['without padding', '+//+ABA'],
    ['in the URL-safe alphabet', '-__-ABA'],
    ['broken into lines', ' +//+\r\n\tAB\nA=\n'],
    ['as a data URI', `data:audio/wav;base64,${plain}`],
    ['as a data URI with parameters', `\n DATA:audio/x-wav;rate=8000;base64, ${plain}`],
    ['as a data URI without a type', `data:;base64,${plain}`],
  ])('is decoded %s', (_, text) => {
    expect(decoded(text)).toEqual([...octets]);
  });

  it('may be empty', () => {
    expect(decoded('')).toEqual([]);
    expect(decoded('data:audio/wav;base64,')).toEqual([]);
  });

  it.each([
    ['a character of no alphabet', '+//+A!A='],
    ['padding in the middle', '+//=ABA='],
    ['text beyond ASCII', 'AAAÄAAAA'],
    ['a data URI that is not base64', 'data:audio/wav,RIFF'],
    ['a data URI without data', 'data:audio/wav;base64'],
    ['a web address', 'https://example.org/a.wav'],
  ])('is refused with %s', (_, text) => {
    expect(decodeBase64(text, 1000)).toEqual({ ok: false, reason: 'base64-invalid' });
  });

  it('is refused past the cap and decoded at it', () => {
    const text = Buffer.alloc(3000).toString('base64');
    expect(decodeBase64(text, 3000).ok).toBe(true);
    expect(decodeBase64(text, 2999)).toEqual({ ok: false, reason: 'sound-too-large' });
    expect(decodeBase64('A'.repeat(100_000), 3000)).toEqual({ ok: false, reason: 'sound-too-large' });
  });

  it('comes back whatever it held', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (sound) => {
        for (const alphabet of ['base64', 'base64url'] as const) {
          expect(decoded(Buffer.from(sound).toString(alphabet))).toEqual([...sound]);
        }
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof decodeBase64(text, 1000).ok).toBe('boolean');
        expect(typeof decodeBase64(`data:${text}`, 1000).ok).toBe('boolean');
      }),
    );
  });
});

function decoded(text: string): number[] | string {
  const result = decodeBase64(text, 1000);
  return result.ok ? [...result.value] : result.reason;
}
