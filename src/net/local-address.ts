/** Which of this machine's addresses a peer should be told, where sockets are bound to every interface. */
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/**
 * The address on the peer's own network; for peers further away the first that is not loopback. Machines with several
 * ways out must be configured with a public address.
 */
export function localAddressFor(remoteAddress: string, interfaces: Interfaces = networkInterfaces()): string {
  const remote = ipaddr.process(remoteAddress);
  const family = remote.kind() === 'ipv4' ? 'IPv4' : 'IPv6';
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === family && address.cidr !== null && !isLinkLocal(address.address));
  const neighbour = own.find(({ cidr }) => remote.match(ipaddr.parseCIDR(cidr!)));
  const outward = own.find(({ internal }) => !internal);
  return (neighbour ?? outward ?? own[0])?.address ?? (family === 'IPv4' ? '127.0.0.1' : '::1');
}

export function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

type Interfaces = ReturnType<typeof networkInterfaces>;

function isLinkLocal(address: string): boolean {
  return ipaddr.parse(address).range() === 'linkLocal';
}
