import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeUser, parseUri, serializeUri, unescapeUser } from '../../../src/sip/message/uri.ts';

describe('parseUri', () => {
  it('reads every part of a SIP URI', () => {
    expect(parseUri('SIPS:alice:s3cret@[2001:db8::1]:5061;transport=tcp;lr?Subject=a&b=c')).toEqual({
      kind: 'sip',
      scheme: 'sips',
      user: 'alice',
      password: 's3cret',
      host: '[2001:db8::1]',
      port: 5061,
      parameters: [
        { name: 'transport', value: 'tcp' },
        { name: 'lr', value: undefined },
      ],
      headers: 'Subject=a&b=c',
    });
  });

  it('reads a tel URI', () => {
    expect(parseUri('tel:+49-(30)-123.456;phone-context=example.com')).toEqual({
      kind: 'tel',
      scheme: 'tel',
      number: '+49-(30)-123.456',
      parameters: [{ name: 'phone-context', value: 'example.com' }],
    });
  });

  it('keeps a URI of another scheme as it is', () => {
    expect(parseUri('urn:service:sos')).toEqual({ kind: 'other', scheme: 'urn', opaque: 'service:sos' });
  });

  it.each([
    ['sip:user;par=u%40example.net@example.com', 'user;par=u%40example.net', 'example.com'],
    ["sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com", undefined, 'example.com'],
    ['sip:**62#@pbx_1.local', '**62#', 'pbx_1.local'],
    ['sip:alice@home.example@192.0.2.4', 'alice@home.example', '192.0.2.4'],
    ['sip:bob@b.example?Replaces=12@192.0.2.1%3Bto-tag%3D1', 'bob', 'b.example'],
    ['sip:bob@b.example;maddr=x@y', 'bob', 'b.example'],
    ['sip:[::1];lr', undefined, '[::1]'],
  ])('finds user and host of %s', (text, user, host) => {
    const uri = parseUri(text);
    expect(uri).toMatchObject({ kind: 'sip', host });
    if (user !== undefined) expect(uri).toMatchObject({ user });
  });

  it.each([
    '',
    'sip',
    'sip:',
    'sip:@a',
    'sip:a@',
    'sip:a b@c',
    'sip:a@b c',
    'sip:a@b:',
    'sip:a@b:0',
    'sip:a@b:65536',
    'sip:a@b:5060x',
    'sip:a@b:-1',
    'sip:a@[::1',
    'sip:a@[::1%eth0]',
    'sip:a@[1:2:3:4:5:6:7:8:9]',
    'sip:a@[2001:db8:::1]',
    'sip:a@2001:db8::1',
    'sip:a@b;=c',
    'sip:a@b;x="',
    '<sip:a@b>',
    'tel:',
    'tel:alice',
    'tel:+1 2',
    'urn:',
    '1a:b',
    'sip:a@b\n',
    'sip:a\u00a0b@c',
    'sip:a@b;x=\u2028',
    'sip:a\u0000@b',
  ])('refuses %j', (text) => {
    expect(parseUri(text)).toBeUndefined();
  });

  it('gives back what it read, octet for octet but the case of the scheme', () => {
    for (const text of examples) expect(serializeUri(parseUri(text)!)).toBe(text);
  });
});

describe('the user part', () => {
  it('survives escaping and unescaping, whatever it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (user) => {
        const text = `sip:${escapeUser(user)}@example.com`;
        const uri = parseUri(text);
        expect(uri).toMatchObject({ kind: 'sip', host: 'example.com', password: undefined });
        expect(uri?.kind === 'sip' && unescapeUser(uri.user!)).toBe(user);
      }),
    );
  });

  it('is left as it stands where an escape is malformed', () => {
    expect(unescapeUser('a%4')).toBe('a%4');
    expect(unescapeUser('%FFb%41')).toBe('%FFbA');
  });
});

const examples = [
  'sip:alice@atlanta.com',
  'sip:alice:secretword@atlanta.com;transport=tcp',
  'sips:alice@atlanta.com?subject=project%20x&priority=urgent',
  'sip:+1-212-555-1212:1234@gateway.com;user=phone',
  'sips:1212@gateway.com',
  'sip:alice@192.0.2.4',
  'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
  'sip:alice;day=tuesday@atlanta.com',
  'sip:[2001:DB8::9:1]:6050;lr',
  'tel:+1-201-555-0123;isub=1;phone-context=+1',
  'urn:service:sos',
  'sip:a@b;x="q;u\\"o";y=',
];
