import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { localAddressFor } from '../../src/net/local-address.ts';

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
