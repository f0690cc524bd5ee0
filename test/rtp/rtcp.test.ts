import fc from 'fast-check';
import * as secondOpinion from 'rtp-packet';
import { describe, expect, it } from 'vitest';
import {
  looksLikeRtcp,
  MAX_RTCP_OCTETS,
  type OutboundReport,
  parseRtcp,
  type ReportBlock,
  type RtcpRefusal,
  writeRtcp,
} from '../../src/rtp/rtcp.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });
const block = fc.record({
  ssrc: word,
  fractionLost: fc.nat({ max: 255 }),
  cumulativeLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
  extendedHighestSequence: word,
  jitter: word,
  lastSenderReport: word,
  delaySinceLastSenderReport: word,
});
const report = fc.record({
  ssrc: word,
  sender: fc.option(
    fc.record({ ntpSeconds: word, ntpFraction: word, rtpTimestamp: word, packets: word, octets: word }),
    { nil: undefined },
  ),
  block: fc.option(block, { nil: undefined }),
  cname: fc.string({ maxLength: 60 }),
  bye: fc.boolean(),
});

function written(fields: Omit<OutboundReport, 'cname'> & { cname: string }): Uint8Array {
  const octets = new Uint8Array(MAX_RTCP_OCTETS);
  return octets.slice(0, writeRtcp(octets, { ...fields, cname: new TextEncoder().encode(fields.cname) }));
}

const theirBlock = (ours: ReportBlock): secondOpinion.ReportFields => ({
  mediaSsrc: ours.ssrc,
  fractionLost: ours.fractionLost,
  totalLost: ours.cumulativeLost & 0xffffff,
  highestSeq: ours.extendedHighestSequence,
  jitter: ours.jitter,
  lastSR: ours.lastSenderReport,
  delaySinceLastSR: ours.delaySinceLastSenderReport,
});

describe('compound RTCP', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(report, (fields) => {
        const octets = written(fields);
        expect(octets.length % 4).toBe(0);
        expect(looksLikeRtcp(octets, octets.length)).toBe(true);
        const { ssrc, sender, block: sent, bye } = fields;
        const blocks = sent === undefined ? [] : [sent];
        expect(parseRtcp(octets, octets.length)).toEqual({
          ok: true,
          value: [
            sender === undefined
              ? { kind: 'receiver-report', ssrc, blocks }
              : { kind: 'sender-report', ssrc, sender, blocks },
            { kind: 'other', packetType: 202 },
            ...(bye ? [{ kind: 'bye', ssrcs: [ssrc] }] : []),
          ],
        });
      }),
    );
  });

  it('is written as the rtp-packet library reads it', () => {
    fc.assert(
      fc.property(report, word, (fields, packets) => {
        const sender = { ntpSeconds: 1, ntpFraction: 2, rtpTimestamp: 3, packets, octets: 4 };
        const theirs = secondOpinion.parseRTCPCompound(Buffer.from(written({ ...fields, sender })));
        expect(theirs[0]).toMatchObject({
          name: 'SR',
          ssrc: fields.ssrc,
          ntpTimestampMsw: 1,
          ntpTimestampLsw: 2,
          rtpTimestamp: 3,
          packetCount: packets,
          octetCount: 4,
          reports: fields.block === undefined ? [] : [theirBlock(fields.block)],
        });
        expect(theirs[1]).toMatchObject({ name: 'SDES', ssrc: fields.ssrc, cname: fields.cname });
        expect(theirs[2]?.ssrcs).toEqual(fields.bye ? [fields.ssrc] : undefined);
      }),
    );
  });

  it('is read as the rtp-packet library wrote it', () => {
    fc.assert(
      fc.property(word, block, fc.array(word, { maxLength: 5 }), (ssrc, sent, leaving) => {
        const octets = secondOpinion.buildCompound([
          secondOpinion.buildRR({ ssrc, ...theirBlock(sent) }),
          secondOpinion.buildSDES(ssrc, 'somebody'),
          secondOpinion.buildBYE(leaving, 'hung up'),
        ]);
        expect(parseRtcp(octets, octets.length)).toEqual({
          ok: true,
          value: [
            { kind: 'receiver-report', ssrc, blocks: [sent] },
            { kind: 'other', packetType: 202 },
            { kind: 'bye', ssrcs: leaving },
          ],
        });
      }),
    );
  });

  it('fits its buffer with the longest name', () => {
    const longest = { ntpSeconds: 0, ntpFraction: 0, rtpTimestamp: 0, packets: 0, octets: 0 };
    const [sent] = fc.sample(block, 1);
    expect(written({ ssrc: 1, sender: longest, block: sent, cname: 'x'.repeat(255), bye: true }).length).toBe(
      MAX_RTCP_OCTETS,
    );
  });

  it('may be a BYE without a report, and may have odd octets behind it', () => {
    const bye = { kind: 'bye', ssrcs: [1] };
    expect(parseRtcp(Uint8Array.of(0x81, 203, 0, 1, 0, 0, 0, 1), 8)).toEqual({ ok: true, value: [bye] });
    expect(parseRtcp(Uint8Array.of(0x81, 203, 0, 1, 0, 0, 0, 1, 0, 0), 10)).toEqual({
      ok: true,
      value: [bye],
    });
  });

  const emptyReport = [0x80, 201, 0, 1, 0, 0, 0, 1];
  it.each<[RtcpRefusal, string, number[]]>([
    ['too-short', 'a lone header (AST-2017-008)', [0x80, 201, 0, 0]],
    ['too-short', 'nothing', []],
    ['bad-version', 'version 1', emptyReport.with(0, 0x40)],
    ['not-rtcp', 'an RTP packet', emptyReport.with(1, 0)],
    ['length-overrun', 'a length past the end', emptyReport.with(3, 2)],
    ['count-overrun', 'more blocks than there are', emptyReport.with(0, 0x81)],
    ['count-overrun', 'a report without an SSRC', [0x80, 201, 0, 0, ...emptyReport]],
    ['count-overrun', 'a sender report without its sender', emptyReport.with(1, 200)],
    ['count-overrun', 'more leaving sources than there are', [...emptyReport, 0x82, 203, 0, 1, 0, 0, 0, 1]],
    [
      'bad-padding',
      'padding before the last packet',
      [...emptyReport.with(0, 0xa0).with(7, 4), ...emptyReport],
    ],
    ['bad-padding', 'more padding than packet', emptyReport.with(0, 0xa0).with(7, 8)],
    ['bad-version', 'garbage after a report', [...emptyReport, 1, 2, 3, 4]],
  ])('is refused as %s: %s', (reason, _, octets) => {
    expect(parseRtcp(Uint8Array.from(octets), octets.length)).toEqual({ ok: false, reason });
  });

  it('never makes the parser throw', () => {
    const chunk = fc.tuple(fc.integer({ min: 198, max: 210 }), fc.uint8Array({ maxLength: 80 }));
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 5 }), fc.nat({ max: 31 }), (chunks, count) => {
        const octets = Uint8Array.from(
          chunks.flatMap(([packetType, body]) => [0x80 | count, packetType, 0, body.length >> 2, ...body]),
        );
        parseRtcp(octets, octets.length);
        parseRtcp(Uint8Array.of(0x80 | count, 200, ...octets), octets.length);
      }),
      { numRuns: 2000 },
    );
  });
});
