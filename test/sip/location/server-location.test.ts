import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DnsRecord } from '../../../src/sip/location/dns-record.ts';
import { ServerLocation, type ServerLocationOptions } from '../../../src/sip/location/server-location.ts';
import { srvOrder } from '../../../src/sip/location/srv-order.ts';
import { parseUri } from '../../../src/sip/message/uri.ts';

type Zone = Record<string, readonly DnsRecord[]>;

/** Follows a URI through a zone; gives what was asked and what was found. */
function locate(
  text: string,
  zone: Zone = {},
  options: Partial<ServerLocationOptions> = {},
): { asked: string[]; found: string[] } {
  const uri = parseUri(text);
  if (uri?.kind !== 'sip') throw new Error(`${text} is no SIP URI`);
  const location = new ServerLocation(uri, {
    transports: ['udp', 'tcp', 'tls'],
    families: ['ipv4'],
    random: () => 0,
    ...options,
  });
  const asked: string[] = [];
  while (location.questions.length > 0) {
    const keys = location.questions.map(({ type, name }) => `${type} ${name}`);
    asked.push(...keys);
    location.handleAnswers(keys.map((key) => zone[key] ?? []));
  }
  const found = location.targets!.map(({ transport, address, port }) => `${transport} ${address} ${port}`);
  return { asked, found };
}

const a = (address: string): DnsRecord => ({ type: 'A', address });
const srv = (priority: number, weight: number, port: number, target: string): DnsRecord => ({
  ...{ type: 'SRV' as const, priority, weight, port, target },
});
const naptr = (
  order: number,
  preference: number,
  service: string,
  replacement: string,
  flags = 's',
): DnsRecord => ({
  ...{ type: 'NAPTR' as const, order, preference, flags, service, replacement },
});

describe('the server of a SIP URI', () => {
  it.each([
    ['sip:192.0.2.1', 'udp 192.0.2.1 5060'],
    ['sip:192.0.2.1:5080', 'udp 192.0.2.1 5080'],
    ['sip:x@192.0.2.1;transport=tcp', 'tcp 192.0.2.1 5060'],
    ['sip:x@192.0.2.1;transport=TLS', 'tls 192.0.2.1 5061'],
    ['sips:x@192.0.2.1', 'tls 192.0.2.1 5061'],
    ['sips:x@192.0.2.1;transport=tcp', 'tls 192.0.2.1 5061'],
    ['sip:x@[2001:db8::1]:5070', 'udp 2001:db8::1 5070'],
  ])('%s needs no question: %s', (uri, target) => {
    expect(locate(uri)).toEqual({ asked: [], found: [target] });
  });

  it('with a port is its addresses, over the transport it names or UDP', () => {
    const zone = { 'A pbx.example.com': [a('192.0.2.1'), a('192.0.2.2')] };
    expect(locate('sip:pbx.example.com:5080', zone)).toEqual({
      asked: ['A pbx.example.com'],
      found: ['udp 192.0.2.1 5080', 'udp 192.0.2.2 5080'],
    });
    expect(locate('sip:pbx.example.com:5080;transport=tcp', zone).found[0]).toBe('tcp 192.0.2.1 5080');
  });

  it('with a transport is found by SRV', () => {
    const zone = {
      'SRV _sip._tcp.example.com': [
        srv(20, 0, 5061, 'second.example.com.'),
        srv(10, 0, 5062, 'first.example.com'),
      ],
      'A first.example.com': [a('192.0.2.1')],
      'A second.example.com': [a('192.0.2.2')],
    };
    expect(locate('sip:example.com;transport=tcp', zone).found).toEqual([
      'tcp 192.0.2.1 5062',
      'tcp 192.0.2.2 5061',
    ]);
  });

  it('alone is found by NAPTR, in the order it gives, transports we lack left out (RFC 3263 section 4.1)', () => {
    const zone = {
      'NAPTR example.com': [
        naptr(50, 50, 'SIP+D2T', '_sip._tcp.example.com.'),
        naptr(10, 50, 'SIP+D2S', '_sip._sctp.example.com.'),
        naptr(90, 50, 'SIP+D2U', '_sip._udp.example.com.'),
        naptr(20, 50, 'SIPS+D2T', '_sips._tcp.example.com.'),
        naptr(5, 50, 'E2U+sip', '!^.*$!sip:evil@example.com!', 'u'),
      ],
      'SRV _sip._tcp.example.com': [srv(0, 0, 5060, 't.example.com')],
      'SRV _sip._udp.example.com': [srv(0, 0, 5060, 'u.example.com')],
      'A t.example.com': [a('192.0.2.1')],
      'A u.example.com': [a('192.0.2.2')],
    };
    expect(locate('sip:example.com', zone, { transports: ['udp', 'tcp'] }).found).toEqual([
      'tcp 192.0.2.1 5060',
      'udp 192.0.2.2 5060',
    ]);
  });

  it('without NAPTR is looked for over every transport we have; without SRV it is the name itself', () => {
    const zone = { 'A example.com': [a('192.0.2.1')] };
    expect(locate('sip:example.com', zone)).toEqual({
      asked: [
        'NAPTR example.com',
        'SRV _sip._udp.example.com',
        'SRV _sip._tcp.example.com',
        'SRV _sips._tcp.example.com',
        'A example.com',
      ],
      found: ['udp 192.0.2.1 5060'],
    });
  });

  it('of a sips URI is never anything but TLS', () => {
    const zone = {
      'NAPTR example.com': [naptr(1, 1, 'SIP+D2U', '_sip._udp.example.com')],
      'A example.com': [a('192.0.2.1')],
    };
    const { asked, found } = locate('sips:example.com', zone);
    expect(asked).toContain('SRV _sips._tcp.example.com');
    expect(found).toEqual(['tls 192.0.2.1 5061']);
    expect(locate('sips:example.com', zone, { transports: ['udp', 'tcp'] })).toEqual({
      asked: [],
      found: [],
    });
  });

  it('that says it has no such service is nowhere (RFC 2782)', () => {
    const zone = { 'SRV _sip._udp.example.com': [srv(0, 0, 0, '.')], 'A example.com': [a('192.0.2.1')] };
    expect(locate('sip:example.com;transport=udp', zone).found).toEqual([]);
  });

  it('over a transport that we lack or do not know is nowhere', () => {
    expect(locate('sip:192.0.2.1;transport=tls', {}, { transports: ['udp'] }).found).toEqual([]);
    expect(locate('sip:192.0.2.1;transport=sctp').found).toEqual([]);
  });

  it('is asked for in each address family we have', () => {
    const zone: Zone = {
      'A x.example.com': [a('192.0.2.1')],
      'AAAA x.example.com': [{ type: 'AAAA', address: '2001:db8::1' }],
    };
    const { found } = locate('sip:x.example.com:5060', zone, { families: ['ipv6', 'ipv4'] });
    expect(found).toEqual(['udp 2001:db8::1 5060', 'udp 192.0.2.1 5060']);
  });

  it('whatever a zone says is asked for in a few questions and has a few targets', () => {
    const many = Array.from({ length: 200 }, (_, index) => srv(index, 1, 5060, `h${index}.example.com`));
    const zone: Zone = { 'SRV _sip._udp.example.com': many };
    for (let host = 0; host < 200; host++) {
      zone[`A h${host}.example.com`] = Array.from({ length: 50 }, (_, index) => a(`10.0.${host}.${index}`));
    }
    const { asked, found } = locate('sip:example.com', zone);
    expect(asked.length).toBeLessThan(20);
    expect(found).toHaveLength(16);
  });
});

const text = (record: DnsRecord): string => JSON.stringify(record);

describe('the order of SRV records', () => {
  it('is by priority, and holds each record once', () => {
    const records = fc.array(
      fc.record({
        type: fc.constant('SRV' as const),
        priority: fc.nat(3),
        weight: fc.nat(5),
        port: fc.nat(65_535),
        target: fc.constant('x'),
      }),
    );
    fc.assert(
      fc.property(
        records,
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (given, dice) => {
          const ordered = srvOrder(given, () => dice.next().value);
          expect(ordered.map(text).sort()).toEqual(given.map(text).sort());
          for (let at = 1; at < ordered.length; at++)
            expect(ordered[at]!.priority).toBeGreaterThanOrEqual(ordered[at - 1]!.priority);
        },
      ),
    );
  });

  it('draws those of one priority by weight', () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const records = [1, 3].map((weight) => srv(0, weight, weight, 'x')) as Extract<
      DnsRecord,
      { type: 'SRV' }
    >[];
    let heavyFirst = 0;
    for (let run = 0; run < 4000; run++) heavyFirst += srvOrder(records, random)[0]!.port === 3 ? 1 : 0;
    expect(heavyFirst / 4000).toBeCloseTo(0.75, 1);
  });
});
