import { describe, expect, it } from 'vitest';
import { parameterValue } from '../../../src/sip/message/parameters.ts';
import { isRfc3261Branch, parseTopVia, parseVia, serializeVia } from '../../../src/sip/message/via.ts';

describe('parseVia', () => {
  it('reads every hop of a field', () => {
    const hops = parseVia(
      'SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1 , ' +
        'SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200;x="a,b"',
    )!;
    expect(hops.map(({ transport, host, port }) => [transport, host, port])).toEqual([
      ['UDP', 'first.example.com', 4000],
      ['TCP', '[2001:db8::9:255]', undefined],
    ]);
    expect(parameterValue(hops[0]!.parameters, 'branch')).toBe('z9hG4bKa7c6a8dlze.1');
    expect(parameterValue(hops[1]!.parameters, 'RECEIVED')).toBe('192.0.2.200');
  });

  it('writes a hop without needless whitespace', () => {
    const [hop] = parseVia('sip/2.0/UDP  a:5060 ; branch = z9hG4bK1 ; rport')!;
    expect(serializeVia(hop!)).toBe('SIP/2.0/UDP a:5060;branch=z9hG4bK1;rport');
  });

  it.each([
    '',
    ',',
    'SIP/2.0/UDP',
    'SIP/2.0 a',
    'UDP a',
    'SIP/2.0/UDP a b',
    'SIP/2.0/UDP a,',
    'SIP/2.0/U(P a',
  ])('refuses %j', (value) => {
    expect(parseVia(value)).toBeUndefined();
  });

  it('reads the top hop although one under it is malformed', () => {
    expect(parseTopVia('SIP/2.0/UDP 192.0.2.15;;,;,,')).toMatchObject({ host: '192.0.2.15', parameters: [] });
  });
});

describe('isRfc3261Branch', () => {
  it('wants the cookie and something behind it', () => {
    expect(isRfc3261Branch('z9hG4bK1')).toBe(true);
    expect(isRfc3261Branch('z9hG4bK')).toBe(false);
    expect(isRfc3261Branch('1')).toBe(false);
    expect(isRfc3261Branch(undefined)).toBe(false);
  });
});
