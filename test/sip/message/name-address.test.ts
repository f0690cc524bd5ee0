import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNameAddress, serializeNameAddress, tagOf } from '../../../src/sip/message/name-address.ts';
import { serializeUri } from '../../../src/sip/message/uri.ts';

describe('parseNameAddress', () => {
  it.each([
    ['"Mr. \\"Q\\"" <sip:q@a>;tag=1', 'Mr. "Q"', 'sip:q@a', '1'],
    ['"<sip:x@y>" <sip:q@a>;tag=1', '<sip:x@y>', 'sip:q@a', '1'],
    ['Alice <sip:q@a>', 'Alice', 'sip:q@a', undefined],
    ['<sip:q@a;tag=no>;TAG=yes', undefined, 'sip:q@a;tag=no', 'yes'],
    ['sip:q@a;tag=1', undefined, 'sip:q@a', '1'],
    ['sip:q@a', undefined, 'sip:q@a', undefined],
    ['"" <sip:q@a>', '', 'sip:q@a', undefined],
    ['Bell, Alexander <sip:q@a>;tag=43', 'Bell, Alexander', 'sip:q@a', '43'],
    ['Büro (Süd) a@b <sip:q@a>', 'Büro (Süd) a@b', 'sip:q@a', undefined],
    ['"\\\\\\"" <sip:q@a> ; x = "a;b<" ; tag = t', '\\"', 'sip:q@a', 't'],
    ['tel:+4930;tag=9', undefined, 'tel:+4930', '9'],
    ['<tel:+4930;isub=1>;tag=9', undefined, 'tel:+4930;isub=1', '9'],
  ])('reads %s', (value, displayName, uri, tag) => {
    const address = parseNameAddress(value)!;
    expect(address.displayName).toBe(displayName);
    expect(serializeUri(address.uri)).toBe(uri);
    expect(tagOf(address)).toBe(tag);
  });

  it.each([
    '',
    '<>',
    '"Alice <sip:q@a>',
    'Alice sip:q@a',
    '<sip:q@a',
    '<sip:q@a>x',
    '< sip:q@a >',
    'sip:q@a?Subject=x',
    'sip:q@a, sip:r@a',
    '<sip:q@a>;tag="1',
    '<sip:q@a>;=1',
  ])('refuses %j', (value) => {
    expect(parseNameAddress(value)).toBeUndefined();
  });

  it('reads back any display name that was written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const displayName = name.replace(/[\r\n]+/g, ' ');
        const address = { ...parseNameAddress('<sip:q@a;x=1>;tag=2')!, displayName };
        expect(parseNameAddress(serializeNameAddress(address))).toEqual(address);
      }),
    );
  });

  it('writes a line break in a display name as a space', () => {
    const address = { ...parseNameAddress('<sip:q@a>')!, displayName: 'a\r\nX-Evil: 1' };
    expect(serializeNameAddress(address)).toBe('"a X-Evil: 1" <sip:q@a>');
  });
});
