import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../../src/cli/pcap/capture.ts';
import { readTransport, type TcpSegment, type UdpDatagram } from '../../../src/cli/pcap/transport.ts';
import { concat, ethernet, ipv4, ipv6, pcapFile, pcapngFile, udp } from '../../support/capture-builder.ts';
import { sharedPath } from '../../support/shared.ts';

const hello = new TextEncoder().encode('hello');
const datagram = udp(4000, 5000, hello);
const frame = ethernet(ipv4(datagram));
const at = (timeMs: number, octets: Uint8Array = frame) => ({ timeMs, octets });

function transportOf(file: Uint8Array): (UdpDatagram | TcpSegment)[] {
  const frames = readCapture(file);
  if (!frames.ok) throw new Error(frames.reason);
  return [...readTransport(frames.value)];
}

describe('a capture file', () => {
  const files: [string, (frames: Parameters<typeof pcapFile>[0]) => Uint8Array][] = [
    ['pcap, little-endian, microseconds', (frames) => pcapFile(frames)],
    ['pcap, big-endian, microseconds', (frames) => pcapFile(frames, { littleEndian: false })],
    ['pcap, little-endian, nanoseconds', (frames) => pcapFile(frames, { nanoseconds: true })],
    [
      'pcap, big-endian, nanoseconds',
      (frames) => pcapFile(frames, { nanoseconds: true, littleEndian: false }),
    ],
    ['pcapng, little-endian', (frames) => pcapngFile(frames)],
    ['pcapng, big-endian', (frames) => pcapngFile(frames, { littleEndian: false })],
  ];
  for (const [format, build] of files) {
    it(`is read as ${format}`, () => {
      const found = transportOf(build([at(1_700_000_000_000.125), at(1_700_000_000_020.25)]));
      expect(found).toHaveLength(2);
      expect(found[0]!.timeMs).toBeCloseTo(1_700_000_000_000.125, 3);
      expect(found[1]!.timeMs - found[0]!.timeMs).toBeCloseTo(20.125, 3);
      expect(found[0]).toMatchObject({
        kind: 'udp',
        source: { address: '10.0.0.1', port: 4000 },
        destination: { address: '10.0.0.2', port: 5000 },
        payload: hello,
      });
    });

    it(`gives what is whole when it ends too soon, as ${format}`, () => {
      const whole = build([at(0), at(20)]);
      expect(transportOf(whole.subarray(0, whole.length - 10))).toHaveLength(1);
    });
  }

  it('is refused when it is not one', () => {
    expect(readCapture(new Uint8Array(10))).toEqual({ ok: false, reason: 'too-short' });
    expect(readCapture(new Uint8Array(100))).toEqual({ ok: false, reason: 'not-a-capture' });
  });

  it('never throws or hangs, whatever is in it', () => {
    const starts = [pcapFile([at(0), at(20)]), pcapngFile([at(0), at(20)])];
    fc.assert(
      fc.property(
        fc.constantFrom(...starts),
        fc.array(fc.tuple(fc.nat(250), fc.nat(255)), { maxLength: 20 }),
        fc.uint8Array({ maxLength: 100 }),
        (start, changes, tail) => {
          const file = concat(start, tail);
          for (const [index, value] of changes) file[index % file.length] = value;
          const frames = readCapture(file);
          if (frames.ok) expect([...readTransport(frames.value)].length).toBeLessThan(20);
        },
      ),
    );
  });
});

describe('a frame', () => {
  const links: [string, number, Uint8Array][] = [
    ['Ethernet', 1, frame],
    ['Ethernet with a VLAN tag', 1, ethernet(ipv4(datagram), 0x8100, 0x0800)],
    ['Ethernet with two VLAN tags', 1, ethernet(ipv4(datagram), 0x88a8, 0x8100, 0x0800)],
    ['IPv6 on Ethernet', 1, ethernet(ipv6(datagram))],
    ['BSD loopback', 0, concat(Uint8Array.from([2, 0, 0, 0]), ipv4(datagram))],
    ['OpenBSD loopback with IPv6', 108, concat(Uint8Array.from([0, 0, 0, 24]), ipv6(datagram))],
    ['raw IP', 101, ipv4(datagram)],
    ['raw IP as older systems number it', 12, ipv4(datagram)],
    ['raw IPv6', 229, ipv6(datagram)],
    ['Linux cooked', 113, concat(new Uint8Array(14), Uint8Array.from([0x08, 0x00]), ipv4(datagram))],
    ['Linux cooked v2', 276, concat(Uint8Array.from([0x86, 0xdd]), new Uint8Array(18), ipv6(datagram))],
    ['Ethernet with padding', 1, concat(frame, new Uint8Array(13))],
  ];
  for (const [name, linkType, octets] of links) {
    it(`is understood as ${name}`, () => {
      const [found] = transportOf(pcapFile([at(0, octets)], { linkType }));
      expect(found).toMatchObject({ kind: 'udp', destination: { port: 5000 }, payload: hello });
    });
  }

  it('with IPv6 extension headers is read behind them', () => {
    const hopByHop = Uint8Array.from([60, 0, 1, 4, 0, 0, 0, 0]);
    const destinationOptions = Uint8Array.from([17, 1, ...new Array(14).fill(0)]);
    const octets = ethernet(ipv6(datagram, 0, concat(hopByHop, destinationOptions)));
    expect(transportOf(pcapFile([at(0, octets)]))[0]).toMatchObject({
      source: { address: '2001:db8::1' },
      payload: hello,
    });
  });

  it('that is not IP, or not UDP or TCP, is passed over', () => {
    const icmp = ethernet(ipv4(datagram, { protocol: 1 }));
    const arp = ethernet(ipv4(datagram), 0x0806);
    expect(transportOf(pcapFile([at(0, icmp), at(1, arp), at(2, new Uint8Array(3))]))).toEqual([]);
  });
});

describe('fragments', () => {
  const long = udp(
    4000,
    5000,
    new Uint8Array(3000).map((_, index) => index),
  );
  const pieces = [0, 1480, 2960].map((offset) =>
    ethernet(ipv4(long.subarray(offset, offset + 1480), { id: 7, offset, more: offset < 2960 })),
  );

  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 1, 0, 2, 2],
  ]) {
    it(`are put together when they come in the order ${order.join(' ')}`, () => {
      const found = transportOf(pcapFile(order.map((index) => at(index, pieces[index]))));
      expect(found).toHaveLength(1);
      expect(found[0]!.payload).toEqual(long.subarray(8));
    });
  }

  it('of IPv6 are put together', () => {
    const frames = [0, 1480, 2960].map((offset) => {
      const header = Uint8Array.from([17, 0, offset >> 8, (offset & 0xf8) | +(offset < 2960), 0, 0, 0, 9]);
      return at(offset, ethernet(ipv6(long.subarray(offset, offset + 1480), 44, header)));
    });
    expect(transportOf(pcapFile(frames))[0]!.payload).toEqual(long.subarray(8));
  });

  it('of which one is missing give nothing', () => {
    expect(transportOf(pcapFile([at(0, pieces[0]), at(1, pieces[2])]))).toEqual([]);
  });
});

const captures = sharedPath('captures');
describe.skipIf(captures === undefined)('captures of others', () => {
  it('give as many UDP datagrams and TCP segments as tshark finds', () => {
    // tshark -r FILE -Y '(udp or tcp) and not icmp and not icmpv6' | wc -l
    const expected: Record<string, number> = {
      '01_sip_call_rtp_g711a.pcap': 4105,
      '11_ipv6_fragments_prack_update.pcap': 32,
      '12_sip_tcp_large_body.pcap': 16,
      '30_baresip_udp_hold_resume_refer_rtcp_pcmu.pcapng': 2751,
    };
    for (const [name, count] of Object.entries(expected)) {
      expect(transportOf(readFileSync(join(captures!, name))).length, name).toBe(count);
    }
  });

  it('are read without throwing, all of them', () => {
    for (const name of readdirSync(captures!).filter((file) => /\.pcap(ng)?$/.test(file))) {
      expect(() => transportOf(readFileSync(join(captures!, name)))).not.toThrow();
    }
  });
});
