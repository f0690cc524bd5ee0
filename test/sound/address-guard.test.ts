import { describe, expect, it } from 'vitest';
import { AddressGuard } from '../../src/sound/address-guard.ts';

describe('an address that a sound may be fetched from', () => {
  it.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8'])('may be %s', (address) => {
    expect(new AddressGuard([]).permits(address)).toBe(true);
  });

  it.each([
    ...['0.0.0.0', '127.0.0.1', '127.8.9.10', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1'],
    ...[
      '169.254.169.254',
      '100.64.0.1',
      '192.0.0.192',
      '198.18.0.1',
      '203.0.113.9',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:0:127.0.0.1'],
    ...['fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'fec0::1', 'ff02::1', '2001:db8::1'],
    ...['64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:7f00:1::', '100::1', 'localhost', ''],
  ])('may not be %s', (address) => {
    expect(new AddressGuard([]).permits(address)).toBe(false);
  });

  it('may be a private one that is allowed, and its neighbours not', () => {
    const guard = new AddressGuard(['10.1.0.0/16', '192.168.7.7', 'fd12::/32']);
    for (const address of ['10.1.255.1', '192.168.7.7', '::ffff:10.1.0.1', 'fd12:0:1::5'])
      expect(guard.permits(address)).toBe(true);
    for (const address of ['10.2.0.1', '192.168.7.8', 'fd13::1', '127.0.0.1'])
      expect(guard.permits(address)).toBe(false);
  });
});
