import { describe, expect, it } from 'vitest';
import { parseHostPort, withBrackets, withoutBrackets } from '../../../src/sip/message/host.ts';

describe('host and port', () => {
  it.each([
    ['a.example', 'a.example', undefined],
    ['192.0.2.1:5060', '192.0.2.1', 5060],
    ['a : 5060', 'a', 5060],
    ['[2001:db8::1]', '[2001:db8::1]', undefined],
    ['[2001:db8::10:5070]:65535', '[2001:db8::10:5070]', 65_535],
  ])('of %s', (text, host, port) => {
    expect(parseHostPort(text)).toEqual({ host, port });
  });

  it.each([
    '',
    ':5060',
    'a:',
    'a:b',
    'a:1:2',
    '[]',
    '[::1',
    '[::1]x',
    '[::1]5060',
    '[192.0.2.1]',
    'a b',
    'é.example',
  ])('refuse %j', (text) => {
    expect(parseHostPort(text)).toBeUndefined();
  });
});

describe('brackets', () => {
  it('go where sockets want addresses and come where URIs do', () => {
    expect(withoutBrackets('[2001:db8::1]')).toBe('2001:db8::1');
    expect(withoutBrackets('[2001:db8:::192.0.2.1]')).toBe('2001:db8::192.0.2.1');
    expect(withoutBrackets('192.0.2.1')).toBe('192.0.2.1');
    expect(withBrackets('2001:db8::1')).toBe('[2001:db8::1]');
    expect(withBrackets('[2001:db8::1]')).toBe('[2001:db8::1]');
    expect(withBrackets('a.example')).toBe('a.example');
  });
});
