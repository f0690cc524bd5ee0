import { afterEach, describe, expect, it } from 'vitest';
import { ServerLocator } from '../../src/app/server-locator.ts';
import { DnsResolver } from '../../src/net/dns-resolver.ts';
import { DnsServer, type Zone } from '../support/dns-server.ts';

const servers: DnsServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

let nowMs = 0;

async function resolverOf(zone: Zone): Promise<{ server: DnsServer; resolver: DnsResolver }> {
  const server = await DnsServer.listen(zone);
  servers.push(server);
  nowMs = 0;
  return {
    server,
    resolver: new DnsResolver({ nowMs: () => nowMs, servers: [server.address], timeoutMs: 200 }),
  };
}

const carrier: Zone = {
  'NAPTR carrier.test': [
    {
      type: 'NAPTR',
      order: 10,
      preference: 1,
      flags: 'S',
      service: 'SIP+D2T',
      replacement: '_sip._tcp.carrier.test',
    },
    {
      type: 'NAPTR',
      order: 20,
      preference: 1,
      flags: 'S',
      service: 'SIP+D2U',
      replacement: '_sip._udp.carrier.test',
    },
  ],
  'SRV _sip._tcp.carrier.test': [
    { type: 'SRV', priority: 1, weight: 0, port: 5070, target: 'one.carrier.test' },
  ],
  'SRV _sip._udp.carrier.test': [
    { type: 'SRV', priority: 2, weight: 0, port: 5080, target: 'two.carrier.test' },
    { type: 'SRV', priority: 1, weight: 0, port: 5060, target: 'one.carrier.test' },
  ],
  'A one.carrier.test': [
    { type: 'A', address: '192.0.2.1' },
    { type: 'A', address: '192.0.2.2' },
  ],
  'A two.carrier.test': [{ type: 'A', address: '192.0.2.3' }],
};

describe('the resolver', () => {
  it('reads what a server says of each type, and asks once for as long as it lasts', async () => {
    const { server, resolver } = await resolverOf(carrier);
    for (const key of Object.keys(carrier)) {
      const [type = '', name = ''] = key.split(' ');
      const question = { type: type as 'A', name };
      const [first, again] = await Promise.all([resolver.resolve(question), resolver.resolve(question)]);
      const known = carrier[key]!.map((record) => expect.objectContaining(record));
      expect(first).toHaveLength(known.length);
      expect(first).toEqual(expect.arrayContaining(known));
      expect(again).toBe(first);
    }
    expect(server.asked.sort()).toEqual(Object.keys(carrier).sort());
    nowMs = 61_000;
    await resolver.resolve({ type: 'A', name: 'ONE.carrier.test' });
    expect(server.asked).toHaveLength(6);
  });

  it('gives nothing for a name that does not exist, and asks again after ten seconds', async () => {
    const { server, resolver } = await resolverOf({});
    const question = { type: 'SRV', name: '_sip._udp.nowhere.test' } as const;
    for (const atMs of [0, 9999, 10_000]) {
      nowMs = atMs;
      expect(await resolver.resolve(question)).toEqual([]);
    }
    expect(server.asked).toHaveLength(2);
  });

  it('gives nothing when the server is silent, and does not wait for ever', async () => {
    const { server, resolver } = await resolverOf(carrier);
    server.isSilent = true;
    expect(await resolver.resolve({ type: 'NAPTR', name: 'carrier.test' })).toEqual([]);
  });

  it('knows the names of the machine itself', async () => {
    const { resolver } = await resolverOf({});
    expect(await resolver.resolve({ type: 'A', name: 'localhost' })).toEqual([
      { type: 'A', address: '127.0.0.1' },
    ]);
  });
});

describe('a carrier known by its domain', () => {
  const listening = [
    { transport: 'udp', address: '0.0.0.0', port: 5060 },
    { transport: 'tcp', address: '0.0.0.0', port: 5062 },
  ] as const;

  it('is found over the transports we have, in the order it wants', async () => {
    const { resolver } = await resolverOf(carrier);
    const locator = new ServerLocator({ resolver, listening: () => listening, random: () => 0 });
    const flows = await locator.locate('sip:carrier.test');
    expect(
      flows.map(({ transport, remoteAddress, remotePort, localPort }) => [
        transport,
        remoteAddress,
        remotePort,
        localPort,
      ]),
    ).toEqual([
      ['tcp', '192.0.2.1', 5070, 5062],
      ['tcp', '192.0.2.2', 5070, 5062],
      ['udp', '192.0.2.1', 5060, 5060],
      ['udp', '192.0.2.2', 5060, 5060],
      ['udp', '192.0.2.3', 5080, 5060],
    ]);
  });

  it('over UDP alone is found over UDP', async () => {
    const { resolver } = await resolverOf(carrier);
    const locator = new ServerLocator({ resolver, listening: () => [listening[0]], random: () => 0 });
    expect((await locator.locate('sip:carrier.test')).map(({ remotePort }) => remotePort)).toEqual([
      5060, 5060, 5080,
    ]);
  });

  it('is nowhere when the URI is none', async () => {
    const { resolver } = await resolverOf({});
    const locator = new ServerLocator({ resolver, listening: () => listening, random: () => 0 });
    expect(await locator.locate('tel:+4930')).toEqual([]);
    expect(await locator.locate('sip:nowhere.test')).toEqual([]);
  });
});
