import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { LocalAddresses, localAddressFor } from '../../src/net/local-address.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

const interfaces = {
  lo: [own('127.0.0.1/8', true), own('::1/128', true)],
  eth0: [own('192.0.2.10/24', false), own('fe80::1/64', false), own('2001:db8::10/64', false)],
  eth1: [own('10.0.0.5/16', false)],
};

function own(cidr: string, internal: boolean): NetworkInterfaceInfo {
  const [address = ''] = cidr.split('/');
  const shared = { address, cidr, internal, netmask: '', mac: '' };
  return address.includes(':') ? { ...shared, family: 'IPv6', scopeid: 0 } : { ...shared, family: 'IPv4' };
}

describe('the address a peer is told', () => {
  it.each([
    ['loopback to a peer on this machine', '127.0.0.9', '127.0.0.1'],
    ["the one on the peer's own network", '10.0.77.1', '10.0.0.5'],
    ['the first way out to a peer further away', '198.51.100.7', '192.0.2.10'],
    ['IPv6 to an IPv6 peer, never a link-local one', '2001:db8:1::7', '2001:db8::10'],
    ['IPv4 to an IPv4 peer written as IPv6', '::ffff:10.0.1.1', '10.0.0.5'],
  ])('is %s', (_, remote, expected) => {
    expect(localAddressFor(remote, interfaces)).toBe(expected);
  });

  it('is loopback on a machine with no network', () => {
    expect(localAddressFor('198.51.100.7', {})).toBe('127.0.0.1');
  });
});

describe('the address a peer is told of a socket', () => {
  const remote = '10.0.77.1';

  it('is what is configured, what the socket is bound to, or what the peer can reach', () => {
    const addresses = new LocalAddresses(new VirtualClock(), () => interfaces);
    expect(addresses.toldTo(remote, '0.0.0.0', '203.0.113.9')).toBe('203.0.113.9');
    expect(addresses.toldTo(remote, '192.0.2.10', undefined)).toBe('192.0.2.10');
    expect(addresses.toldTo(remote, '0.0.0.0', undefined)).toBe('10.0.0.5');
    expect(addresses.toldTo('2001:db8:1::7', '::', undefined)).toBe('2001:db8::10');
  });

  it('does not cost a look at the interfaces for every message, and follows them within a second', async () => {
    const clock = new VirtualClock();
    let looks = 0;
    let current: Parameters<typeof localAddressFor>[1] = interfaces;
    const addresses = new LocalAddresses(clock, () => {
      looks += 1;
      return current;
    });
    for (let message = 0; message < 100; message++) addresses.toldTo(remote, '0.0.0.0', undefined);
    expect(looks).toBe(1);
    current = { eth1: [own('10.0.0.6/16', false)] };
    await clock.advance(1000);
    expect(addresses.toldTo(remote, '0.0.0.0', undefined)).toBe('10.0.0.6');
    expect(looks).toBe(2);
  });
});
