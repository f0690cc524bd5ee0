/** Keeps what agents and callers name by URL out of the network that this service stands in. */
import ipaddr from 'ipaddr.js';

export class AddressGuard {
  readonly #allowed: readonly (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[];

  /** Addresses and CIDR ranges that may be reached although they are not public. */
  constructor(allowAddresses: readonly string[]) {
    this.#allowed = allowAddresses.map((range) => {
      if (range.includes('/')) return ipaddr.parseCIDR(range);
      const address = ipaddr.parse(range);
      return [address, address.kind() === 'ipv4' ? 32 : 128];
    });
  }

  /**
   * Whether a connection to an address may be opened: it is one of the public Internet, or allowed. What only leads
   * to other addresses (6to4, Teredo, NAT64) is not public; IPv4 written as IPv6 is what it is as IPv4.
   */
  permits(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return parsed.range() === 'unicast' || this.#allows(parsed);
  }

  #allows(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
    return this.#allowed.some(
      ([range, bits]) => range.kind() === address.kind() && address.match(range as ipaddr.IPv4, bits),
    );
  }
}
