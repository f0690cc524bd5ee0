import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthParameters, serializeDigest } from '../../../src/sip/auth/auth-parameters.ts';
import { quote } from '../../../src/sip/message/grammar.ts';

const read = (header: string): Record<string, string> | undefined => {
  const parsed = parseAuthParameters(header);
  return parsed && { scheme: parsed.scheme, ...Object.fromEntries(parsed.values) };
};

describe('the parameters of an authentication header', () => {
  it('are read by name in any case, quotes and escapes undone, commas inside quotes kept', () => {
    expect(read('DIGEST Realm = "a \\"b\\", c",nonce=abc,  qop="auth,auth-int" ,,stale=TRUE')).toEqual({
      ...{ scheme: 'digest', realm: 'a "b", c', nonce: 'abc', qop: 'auth,auth-int', stale: 'TRUE' },
    });
    expect(read('Basic')).toEqual({ scheme: 'basic' });
  });

  it.each([
    ['a name that stands twice', 'Digest nonce="a", Nonce="b"'],
    ['a quote that is never closed', 'Digest realm="a, nonce=b'],
    ['text behind a quoted string', 'Digest realm="a"b'],
    ['a value without a name', 'Digest ="a"'],
    ['a name without a value', 'Digest realm'],
    ['no scheme', '"Digest"'],
  ])('with %s are malformed', (_fault, header) => {
    expect(read(header)).toBeUndefined();
  });

  it('come back as they were written', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\r\n]/.test(value));
    fc.assert(
      fc.property(text, text, (realm, opaque) => {
        const header = serializeDigest({ realm: quote(realm), opaque: quote(opaque), stale: undefined });
        expect(read(header)).toEqual({ scheme: 'digest', realm, opaque });
      }),
    );
  });

  it('never make the parser throw', () => {
    fc.assert(fc.property(fc.string(), (header) => void parseAuthParameters(`Digest ${header}`)));
  });
});
