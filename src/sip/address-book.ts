import ipaddr from 'ipaddr.js';
import { invariant } from '../invariant.ts';

export interface TrunkAddresses {
  readonly name: string;
  /** Addresses and networks (`192.0.2.0/24`). */
  readonly addresses: readonly string[];
}

/** Whose an address is: what the configuration says of trunks, and what the DNS says of their registrars. */
export class AddressBook {
  readonly #networks: { readonly trunk: string; readonly network: Network }[] = [];
  /** The latest last. */
  readonly #learnt: Map<string, Set<string>> = new Map();
  #edition = 0;

  /** Of several trunks that have an address, the first counts. */
  constructor(trunks: readonly TrunkAddresses[]) {
    for (const { name, addresses } of trunks) {
      for (const address of addresses) {
        const network = parseNetwork(address);
        invariant(network !== undefined, 'the configuration refuses what is not an address or network');
        this.#networks.push({ trunk: name, network });
      }
    }
  }

  /** Changes with every address that is learnt: what was looked up before may be otherwise now. */
  get edition(): number {
    return this.#edition;
  }

  trunkOf(address: string): string | undefined {
    const parsed = parseAddress(address);
    if (parsed === undefined) return undefined;
    const configured = this.#networks.find(({ network }) => holds(network, parsed))?.trunk;
    return configured ?? [...this.#learnt].find(([, addresses]) => addresses.has(address))?.[0];
  }

  /** Whether an address is a trunk's, whoever else has it too. */
  owns(trunk: string, address: string): boolean {
    if (this.#learnt.get(trunk)?.has(address) === true) return true;
    const parsed = parseAddress(address);
    if (parsed === undefined) return false;
    return this.#networks.some((entry) => entry.trunk === trunk && holds(entry.network, parsed));
  }

  /** The trunk can be reached there; its calls may come from there. Those learnt longest ago are forgotten. */
  learn(trunk: string, addresses: readonly string[]): void {
    const learnt = this.#learnt.get(trunk) ?? new Set();
    this.#learnt.set(trunk, learnt);
    for (const address of addresses) {
      if (!learnt.delete(address)) this.#edition += 1;
      learnt.add(address);
    }
    for (const oldest of learnt) {
      if (learnt.size <= MAX_LEARNT) return;
      learnt.delete(oldest);
      this.#edition += 1;
    }
  }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

function holds([base, bits]: Network, address: Address): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}

function parseAddress(text: string): Address | undefined {
  return ipaddr.isValid(text) ? ipaddr.process(text) : undefined;
}

/** An address, or a network in CIDR notation; undefined when it is neither. */
function parseNetwork(text: string): Network | undefined {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text);
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Ours: what one trunk's names may come to over time. */
const MAX_LEARNT = 64;
