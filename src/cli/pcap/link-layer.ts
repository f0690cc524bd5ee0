/** Takes the link layer off a frame: what is left begins with an IP header. Undefined: it is not IP. */
export function withoutLinkLayer(linkType: number, octets: Uint8Array): Uint8Array | undefined {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return afterEtherType(octets, 12);
    case LINKTYPE_LINUX_SLL:
      return afterEtherType(octets, 14);
    case LINKTYPE_LINUX_SLL2:
      return octets.length > 20 && isIp(read16(octets, 0)) ? octets.subarray(20) : undefined;
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      // An address family follows whose numbers differ between systems: the IP header says as much.
      return octets.subarray(4);
    case LINKTYPE_RAW:
    case LINKTYPE_RAW_BSD:
    case LINKTYPE_RAW_OPENBSD:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
      return octets;
    default:
      return undefined;
  }
}

/** Steps over any number of VLAN tags. */
function afterEtherType(octets: Uint8Array, at: number): Uint8Array | undefined {
  let next = at;
  while (next + 2 <= octets.length) {
    const type = read16(octets, next);
    if (isIp(type)) return octets.subarray(next + 2);
    if (!VLAN_TAGS.has(type)) return undefined;
    next += 4;
  }
  return undefined;
}

function isIp(etherType: number): boolean {
  return etherType === ETHERTYPE_IPV4 || etherType === ETHERTYPE_IPV6;
}

function read16(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}

/** @see https://www.tcpdump.org/linktypes.html; the number of raw IP differs in files of some systems. */
const LINKTYPE_NULL = 0;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW_BSD = 12;
const LINKTYPE_RAW_OPENBSD = 14;
const LINKTYPE_RAW = 101;
const LINKTYPE_LOOP = 108;
const LINKTYPE_LINUX_SLL = 113;
const LINKTYPE_IPV4 = 228;
const LINKTYPE_IPV6 = 229;
const LINKTYPE_LINUX_SLL2 = 276;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
/** IEEE 802.1Q, 802.1ad, and what came before that. */
const VLAN_TAGS: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
