/** What UDP and TCP carried, in the order it was captured. */
import type { CapturedFrame } from './capture.ts';
import { FragmentReassembler } from './fragments.ts';
import { type IpPacket, parseIp } from './ip.ts';
import { withoutLinkLayer } from './link-layer.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface UdpDatagram {
  readonly kind: 'udp';
  readonly timeMs: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Shorter than it was when the capture cut it. */
  readonly payload: Uint8Array;
}

export interface TcpSegment {
  readonly kind: 'tcp';
  readonly timeMs: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly payload: Uint8Array;
  readonly sequenceNumber: number;
  readonly syn: boolean;
}

export function* readTransport(frames: Iterable<CapturedFrame>): Generator<UdpDatagram | TcpSegment> {
  const fragments = new FragmentReassembler();
  for (const { timeMs, linkType, octets } of frames) {
    const network = withoutLinkLayer(linkType, octets);
    const packet = network === undefined ? undefined : parseIp(network);
    const whole = packet === undefined ? undefined : fragments.push(packet, timeMs);
    if (whole === undefined) continue;
    if (whole.protocol === UDP) {
      const datagram = parseUdp(whole, timeMs);
      if (datagram !== undefined) yield datagram;
    } else if (whole.protocol === TCP) {
      const segment = parseTcp(whole, timeMs);
      if (segment !== undefined) yield segment;
    }
  }
}

/** `10.0.0.1:5060`, `[2001:db8::1]:5060`. */
export function endpointText({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function parseUdp({ source, destination, payload }: IpPacket, timeMs: number): UdpDatagram | undefined {
  if (payload.length < UDP_HEADER_OCTETS) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const length = view.getUint16(4);
  if (length < UDP_HEADER_OCTETS) return undefined;
  return {
    kind: 'udp',
    timeMs,
    source: { address: source, port: view.getUint16(0) },
    destination: { address: destination, port: view.getUint16(2) },
    payload: payload.subarray(UDP_HEADER_OCTETS, Math.min(length, payload.length)),
  };
}

function parseTcp({ source, destination, payload }: IpPacket, timeMs: number): TcpSegment | undefined {
  if (payload.length < TCP_HEADER_OCTETS) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const headerOctets = (view.getUint8(12) >> 4) * 4;
  if (headerOctets < TCP_HEADER_OCTETS || headerOctets > payload.length) return undefined;
  return {
    kind: 'tcp',
    timeMs,
    source: { address: source, port: view.getUint16(0) },
    destination: { address: destination, port: view.getUint16(2) },
    payload: payload.subarray(headerOctets),
    sequenceNumber: view.getUint32(4),
    syn: (view.getUint8(13) & 0x02) !== 0,
  };
}

const UDP = 17;
const TCP = 6;
const UDP_HEADER_OCTETS = 8;
const TCP_HEADER_OCTETS = 20;
