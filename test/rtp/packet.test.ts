import fc from 'fast-check';
import * as secondOpinion from 'rtp-packet';
import { describe, expect, it } from 'vitest';
import { parseRtpPacket, RtpPacket, type RtpRefusal, writeRtpHeader } from '../../src/rtp/packet.ts';

function parse(octets: number[] | Uint8Array): RtpPacket | RtpRefusal {
  const packet = new RtpPacket();
  const datagram = Uint8Array.from(octets);
  return parseRtpPacket(datagram, datagram.length, packet) ?? packet;
}

const header = (first: number, second = 0): number[] => [first, second, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];

describe('an RTP packet', () => {
  it('is read where it lies', () => {
    const octets = [0x80, 0xe5, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xfd, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3];
    expect(parse(octets)).toMatchObject({
      payloadType: 101,
      marker: true,
      sequenceNumber: 65534,
      timestamp: 0xfffffffd,
      ssrc: 0xdeadbeef,
      payloadOffset: 12,
      payloadLength: 3,
    });
  });

  it('may have contributing sources, an extension and padding around its payload', () => {
    const octets = [...header(0xb1), ...[0, 0, 0, 9], ...[0xbe, 0xde, 0, 1], ...[0, 0, 0, 0], 42, 0, 0, 3];
    expect(parse(octets)).toMatchObject({ payloadOffset: 24, payloadLength: 1 });
  });

  it('may have no payload at all, or padding only', () => {
    expect(parse(header(0x80))).toMatchObject({ payloadLength: 0 });
    expect(parse([...header(0xa0), 0, 0, 0, 4])).toMatchObject({ payloadLength: 0 });
  });

  it.each<[RtpRefusal, number[]]>([
    ['too-short', header(0x80).slice(0, 11)],
    ['stun', header(0x01)],
    ['dtls', header(22)],
    ['bad-version', header(0x40)],
    ['rtcp', header(0x80, 200)],
    ['rtcp', header(0x80, 223)],
    ['reserved-payload-type', header(0x80, 72)],
    ['csrc-overrun', [...header(0x81), 0, 0, 0]],
    ['extension-overrun', [...header(0x90), 0, 0, 0]],
    ['extension-overrun', [...header(0x90), 0, 0, 0xff, 0xff, 1, 2, 3, 4]],
    ['bad-padding', header(0xa0).with(11, 1)],
    ['bad-padding', [...header(0xa0), 7, 0]],
    ['bad-padding', [...header(0xa0), 7, 255]],
  ])('is refused as %s', (reason, octets) => {
    expect(parse(octets)).toBe(reason);
  });

  it('never makes the parser throw or point outside the datagram', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.boolean(), (octets, versionTwo) => {
        if (versionTwo && octets.length > 0) octets[0] = (octets[0]! & 0x3f) | 0x80;
        const packet = parse(octets);
        if (typeof packet === 'string') return;
        expect(packet.payloadOffset).toBeGreaterThanOrEqual(12);
        expect(packet.payloadLength).toBeGreaterThanOrEqual(0);
        expect(packet.payloadOffset + packet.payloadLength).toBeLessThanOrEqual(octets.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read as the rtp-packet library wrote it', () => {
    fc.assert(
      fc.property(packetFields, ({ payload, extension, csrc, ...fields }) => {
        const theirs = secondOpinion.serialize({
          ...fields,
          payload,
          csrc,
          extensions: extension === undefined ? {} : { 1: Buffer.from(extension) },
        });
        const ours = parse(theirs);
        expect(ours).toMatchObject(fields);
        if (typeof ours === 'string') return;
        expect(ours.payloadLength).toBe(payload.length);
        expect(theirs.subarray(ours.payloadOffset)).toEqual(Buffer.from(payload));
      }),
    );
  });

  it('is written as the rtp-packet library reads it', () => {
    fc.assert(
      fc.property(packetFields, ({ payload, payloadType, marker, sequenceNumber, timestamp, ssrc }) => {
        const octets = Buffer.alloc(12 + payload.length);
        octets.set(payload, writeRtpHeader(octets, payloadType, marker, sequenceNumber, timestamp, ssrc));
        expect(secondOpinion.parse(octets)).toMatchObject({
          version: 2,
          payloadType,
          marker,
          sequenceNumber,
          timestamp,
          ssrc,
          payload: Buffer.from(payload),
        });
      }),
    );
  });
});

const packetFields = fc.record({
  payloadType: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 96, max: 127 })),
  marker: fc.boolean(),
  sequenceNumber: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffffffff }),
  ssrc: fc.integer({ min: 0, max: 0xffffffff }),
  payload: fc.uint8Array({ maxLength: 40 }),
  csrc: fc.array(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 15 }),
  extension: fc.option(fc.uint8Array({ minLength: 1, maxLength: 16 }), { nil: undefined }),
});
