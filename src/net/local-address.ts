/** Which of this machine's addresses a peer should be told, where sockets are bound to every interface. */
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { Clock } from '../clock.ts';

/** The machine's addresses, asked for once a second at most: the system takes its time to list them. */
export class LocalAddresses {
  readonly #clock: Clock;
  readonly #list: () => Interfaces;
  #interfaces: Interfaces = {};
  #listedMs = -Infinity;

  constructor(clock: Clock, list: () => Interfaces = networkInterfaces) {
    this.#clock = clock;
    this.#list = list;
  }

  /** What a peer is told of a socket: what is configured to be told, or what it is bound to, or what reaches it. */
  toldTo(remoteAddress: string, bound: string, configured: string | undefined): string {
    if (configured !== undefined) return configured;
    return isUnspecified(bound) ? localAddressFor(remoteAddress, this.#current()) : bound;
  }

  /** Whether an address is one of this machine's. */
  has(address: string): boolean {
    const wanted = ipaddr.process(address);
    if (wanted.range() === 'loopback' || wanted.range() === 'unspecified') return true;
    const own = Object.values(this.#current()).flatMap((addresses) => addresses ?? []);
    return own.some((it) => ipaddr.process(it.address).toString() === wanted.toString());
  }

  #current(): Interfaces {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#listedMs >= KEPT_MS) {
      this.#interfaces = this.#list();
      this.#listedMs = nowMs;
    }
    return this.#interfaces;
  }
}

/**
 * The address on the peer's own network; for peers further away the first that is not loopback. Machines with several
 * ways out must be configured with a public address.
 */
export function localAddressFor(remoteAddress: string, interfaces: Interfaces): string {
  const remote = ipaddr.process(remoteAddress);
  const family = remote.kind() === 'ipv4' ? 'IPv4' : 'IPv6';
  const own = Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === family && address.cidr !== null && !isLinkLocal(address.address));
  const neighbour = own.find(({ cidr }) => remote.match(ipaddr.parseCIDR(cidr!)));
  const outward = own.find(({ internal }) => !internal);
  return (neighbour ?? outward ?? own[0])?.address ?? (family === 'IPv4' ? '127.0.0.1' : '::1');
}

function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

type Interfaces = ReturnType<typeof networkInterfaces>;

function isLinkLocal(address: string): boolean {
  return ipaddr.parse(address).range() === 'linkLocal';
}

/** An interface that comes up is told of so much later. */
const KEPT_MS = 1000;
