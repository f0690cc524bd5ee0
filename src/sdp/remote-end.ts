/** Where the other side's end of a stream is, and which way media may flow to and from it. */
import ipaddr from 'ipaddr.js';
import {
  attributeValue,
  directionOf,
  hasAttribute,
  type MediaDescription,
  type SessionDescription,
} from './description.ts';
import type { MediaDirection } from './negotiated.ts';

export interface RemoteEnd {
  readonly address: string;
  readonly port: number;
  readonly rtcpPort: number;
  readonly rtcpMux: boolean;
  /** The other side's point of view. */
  readonly direction: MediaDirection;
}

/** Undefined: there is no numeric unicast address to send to. */
export function remoteEndOf(session: SessionDescription, media: MediaDescription): RemoteEnd | undefined {
  const address = canonicalAddress(media.connectionAddress ?? session.connectionAddress);
  if (address === undefined) return undefined;
  const rtcpMux = hasAttribute(media.attributes, 'rtcp-mux');
  const direction = directionOf(session, media);
  return {
    address,
    port: media.port,
    rtcpPort: rtcpMux ? media.port : rtcpPortOf(media),
    rtcpMux,
    // RFC 3264 section 8.4: hold as RFC 2543 did it, an address that nothing can be sent to.
    direction: UNSPECIFIED.has(address) ? both(direction, 'sendonly') : direction,
  };
}

/** Whether packets from `localAddress` can get there; where nothing is to be sent (hold), they need not. */
export function isReachable(remote: RemoteEnd, localAddress: string): boolean {
  return UNSPECIFIED.has(remote.address) || remote.address.includes(':') === localAddress.includes(':');
}

/** The same stream from the opposite end. */
export function mirrored(direction: MediaDirection): MediaDirection {
  if (direction === 'sendonly') return 'recvonly';
  return direction === 'recvonly' ? 'sendonly' : direction;
}

/** What two points of view on the same end have in common. */
export function both(a: MediaDirection, b: MediaDirection): MediaDirection {
  const isSending = sends(a) && sends(b);
  const isReceiving = receives(a) && receives(b);
  if (isSending) return isReceiving ? 'sendrecv' : 'sendonly';
  return isReceiving ? 'recvonly' : 'inactive';
}

function sends(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'sendonly';
}

function receives(direction: MediaDirection): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

/** As the operating system writes the address of a datagram's sender, to be compared with it. */
function canonicalAddress(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return usable(ipaddr.IPv4.parse(text));
  if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  return usable(address.isIPv4MappedAddress() ? address.toIPv4Address() : address);
}

function usable(address: ipaddr.IPv4 | ipaddr.IPv6): string | undefined {
  const range = address.range();
  if (range === 'multicast' || range === 'broadcast') return undefined;
  return address.kind() === 'ipv6' ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

/** `a=rtcp:<port>` (RFC 3605), or the port above (RFC 3550 section 11). */
function rtcpPortOf(media: MediaDescription): number {
  const port = Number.parseInt(attributeValue(media.attributes, 'rtcp') ?? '', 10);
  return port > 0 && port <= MAX_PORT ? port : Math.min(media.port + 1, MAX_PORT);
}

const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const MAX_PORT = 65_535;
