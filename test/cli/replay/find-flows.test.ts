import { describe, expect, it } from 'vitest';
import { readCapture } from '../../../src/cli/pcap/capture.ts';
import { findFlows } from '../../../src/cli/replay/find-flows.ts';
import { concat, ethernet, ipv4, ipv6, pcapFile, tcp, udp } from '../../support/capture-builder.ts';

const text = (lines: string[]) => new TextEncoder().encode(lines.join('\r\n'));

/** What 10.0.0.2 offers: PCMU and keys, by numbers of its own. */
const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 10.0.0.2',
  's=-',
  'c=IN IP4 10.0.0.2',
  't=0 0',
  'm=audio 5000 RTP/AVP 100 102 103',
  'a=rtpmap:100 pcmu/8000',
  'a=rtpmap:102 opus/48000/2',
  'a=rtpmap:103 Telephone-Event/8000',
  '',
].join('\r\n');

function sip(contentType = 'application/sdp', body = sdp): Uint8Array {
  return text([
    'INVITE sip:1@10.0.0.1 SIP/2.0',
    'Via: SIP/2.0/TCP 10.0.0.2;branch=z9hG4bK1',
    'From: <sip:2@10.0.0.2>;tag=1',
    'To: <sip:1@10.0.0.1>',
    'Call-ID: 1',
    'CSeq: 1 INVITE',
    `Content-Type: ${contentType}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ]);
}

function rtp(
  sequenceNumber: number,
  payloadType: number,
  options: { ssrc?: number; payload?: Uint8Array } = {},
) {
  const header = new DataView(new ArrayBuffer(12));
  header.setUint8(0, 0x80);
  header.setUint8(1, payloadType);
  header.setUint16(2, sequenceNumber);
  header.setUint32(4, sequenceNumber * 160);
  header.setUint32(8, options.ssrc ?? 7);
  return concat(new Uint8Array(header.buffer), options.payload ?? new Uint8Array(160));
}

function flowsOf(...packets: Uint8Array[]) {
  const frames = readCapture(
    pcapFile(packets.map((octets, index) => ({ timeMs: 1000 + index * 20, octets }))),
  );
  if (!frames.ok) throw new Error(frames.reason);
  return findFlows(frames.value);
}

const media = (payload: Uint8Array) => ethernet(ipv4(udp(4000, 5000, payload)));
const run = (count: number, payloadType: number) =>
  Array.from({ length: count }, (_, index) => media(rtp(65_534 + index, payloadType)));

describe('RTP in a capture', () => {
  it('is found by how it counts, over the wrap, and timed from the first frame', () => {
    const [flow, ...others] = flowsOf(ethernet(ipv4(udp(1, 2, text(['noise'])))), ...run(6, 0));
    expect(others).toEqual([]);
    expect(flow).toMatchObject({ source: { address: '10.0.0.1', port: 4000 }, destination: { port: 5000 } });
    expect(flow!.packets.map(({ arrivalMs }) => Math.round(arrivalMs))).toEqual([20, 40, 60, 80, 100, 120]);
    expect([...flow!.formats.values()]).toEqual([{ name: 'PCMU', clockRateHz: 8000 }]);
  });

  it('is not seen in what only begins like it', () => {
    const still = Array.from({ length: 20 }, () => media(rtp(7, 0)));
    const wild = Array.from({ length: 20 }, (_, index) => media(rtp(index * 7919, 0)));
    const rtcp = Array.from({ length: 20 }, (_, index) => media(rtp(index, 0xc8)));
    expect(flowsOf(...still, ...wild, ...rtcp)).toEqual([]);
  });

  it('is found from its first packet when SDP names its port, and understood by that SDP', () => {
    const offers: [string, Uint8Array[]][] = [
      ['UDP', [ethernet(ipv4(udp(5060, 5060, sip())))]],
      ['UDP over IPv6', [ethernet(ipv6(udp(5060, 5060, sip())))]],
      [
        'UDP, with other bodies around it',
        [
          ethernet(
            ipv4(
              udp(
                5060,
                5060,
                sip(
                  'multipart/mixed;boundary=b',
                  `--b\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--b--\r\n`,
                ),
              ),
            ),
          ),
        ],
      ],
      [
        'TCP, in segments that overtake each other',
        [100, 0, 200].map((at) =>
          ethernet(
            ipv4(tcp(5060, 5060, 1 + at, sip().subarray(at, at === 200 ? undefined : at + 100)), {
              protocol: 6,
            }),
          ),
        ),
      ],
    ];
    const syn = ethernet(ipv4(tcp(5060, 5060, 0, new Uint8Array(0), 0x02), { protocol: 6 }));
    for (const [transport, frames] of offers) {
      const key = media(rtp(2, 103, { payload: Uint8Array.from([5, 0, 0, 160]) }));
      const [flow] = flowsOf(syn, ...frames, media(rtp(1, 100)), key, media(rtp(3, 102)));
      expect([...(flow?.formats ?? [])], transport).toEqual([
        [100, { name: 'PCMU', clockRateHz: 8000 }],
        [103, { name: 'telephone-event', clockRateHz: 8000 }],
        [102, { name: 'OPUS', clockRateHz: 48_000 }],
      ]);
    }
  });

  it('is taken for keys, without SDP, when every packet of a dynamic type looks like one', () => {
    const keys = Array.from({ length: 6 }, (_, index) =>
      media(rtp(index + 20, 101, { payload: Uint8Array.from([5, 10, 0, index * 160]) })),
    );
    const names = (packets: Uint8Array[]) => flowsOf(...packets)[0]!.formats.get(101)!.name;
    expect(names(keys)).toBe('telephone-event');
    expect(names([...keys, media(rtp(30, 101))])).toBe('payload type 101');
  });
});
