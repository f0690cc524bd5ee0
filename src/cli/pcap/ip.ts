import ipaddr from 'ipaddr.js';

/** One IP packet, or one fragment of it. */
export interface IpPacket {
  /** As RFC 5952 writes it, or four decimals. */
  readonly source: string;
  readonly destination: string;
  /** Of the payload: 6 is TCP, 17 is UDP. */
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Undefined: the packet is whole. */
  readonly fragment: Fragment | undefined;
}

interface Fragment {
  readonly id: number;
  /** Where the payload belongs, in octets. */
  readonly offset: number;
  readonly more: boolean;
}

/** Reads IPv4 (RFC 791) or IPv6 with its extension headers (RFC 8200). Undefined: neither. */
export function parseIp(octets: Uint8Array): IpPacket | undefined {
  const version = octets.length > 0 ? octets[0]! >> 4 : 0;
  if (version === 4) return parseIpv4(octets);
  return version === 6 ? parseIpv6(octets) : undefined;
}

function parseIpv4(octets: Uint8Array): IpPacket | undefined {
  if (octets.length < 20) return undefined;
  const headerOctets = (octets[0]! & 0x0f) * 4;
  const totalOctets = read16(octets, 2);
  // 0 is what a network card that splits packets itself leaves there.
  const end = totalOctets === 0 ? octets.length : Math.min(totalOctets, octets.length);
  if (headerOctets < 20 || headerOctets > end) return undefined;
  const flags = read16(octets, 6);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  return {
    source: octets.subarray(12, 16).join('.'),
    destination: octets.subarray(16, 20).join('.'),
    protocol: octets[9]!,
    payload: octets.subarray(headerOctets, end),
    fragment: more || offset > 0 ? { id: read16(octets, 4), offset, more } : undefined,
  };
}

function parseIpv6(octets: Uint8Array): IpPacket | undefined {
  if (octets.length < 40) return undefined;
  const end = Math.min(40 + read16(octets, 4), octets.length);
  let protocol = octets[6]!;
  let at = 40;
  let fragment: Fragment | undefined;
  while (EXTENSION_HEADERS.has(protocol)) {
    if (at + 8 > end) return undefined;
    const next = octets[at]!;
    if (protocol === FRAGMENT_HEADER) {
      const flags = read16(octets, at + 2);
      const id = read16(octets, at + 4) * 0x10000 + read16(octets, at + 6);
      fragment = { id, offset: flags & 0xfff8, more: (flags & 1) !== 0 };
      at += 8;
      protocol = next;
      // What follows in a later fragment is no header.
      if (fragment.offset > 0) break;
      continue;
    }
    at += 8 + octets[at + 1]! * 8;
    protocol = next;
  }
  if (at > end) return undefined;
  const atomic = fragment !== undefined && fragment.offset === 0 && !fragment.more;
  return {
    source: ipv6Text(octets.subarray(8, 24)),
    destination: ipv6Text(octets.subarray(24, 40)),
    protocol,
    payload: octets.subarray(at, end),
    fragment: atomic ? undefined : fragment,
  };
}

function ipv6Text(octets: Uint8Array): string {
  return new ipaddr.IPv6([...octets]).toRFC5952String();
}

function read16(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}

const FRAGMENT_HEADER = 44;
/** Hop-by-hop options, routing, fragment, destination options. */
const EXTENSION_HEADERS: ReadonlySet<number> = new Set([0, 43, FRAGMENT_HEADER, 60]);
