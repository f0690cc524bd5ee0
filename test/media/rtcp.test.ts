import { describe, expect, it } from 'vitest';
import { parseRtcp, type RtcpPacket, writeRtcp } from '../../src/rtp/rtcp.ts';
import { tone } from '../support/audio.ts';
import { EPOCH_AT_ZERO_MS, FAR_PORT, LegHarness, PhoneStream } from '../support/leg-harness.ts';

describe("a leg's RTCP", () => {
  it('reports about every five seconds what it sent and what it missed', () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(tone(500, { rateHz: 8000, lengthSamples: 8000 }));
    harness.run(30_000, (tick) => {
      const packet = phone.next();
      if (tick % 10 !== 5) harness.receive(packet);
    });
    expect(harness.rtcpSent.length).toBeGreaterThanOrEqual(5);
    expect(harness.rtcpSent.length).toBeLessThanOrEqual(10);
    expect(harness.leg.rtcpPort).toBe(FAR_PORT + 1);

    const { datagram, atMs } = harness.rtcpSent.at(-1)!;
    const report = senderReportIn(datagram);
    const lastBefore = harness.sent.filter((packet) => packet.atMs <= atMs).at(-1)!;
    expect(report.ssrc).toBe(lastBefore.ssrc);
    expect(report.sender.rtpTimestamp).toBe(lastBefore.timestamp);
    expect(report.sender.packets).toBe(harness.sent.filter((packet) => packet.atMs <= atMs).length);
    expect(report.sender.octets).toBe(report.sender.packets * 160);
    const unixMs = (report.sender.ntpSeconds - 2_208_988_800) * 1000 + report.sender.ntpFraction / 2 ** 32;
    expect(Math.abs(unixMs - (EPOCH_AT_ZERO_MS + atMs))).toBeLessThan(1000);
    expect(report.blocks.length).toBe(1);
    expect(report.blocks[0]!.fractionLost / 256).toBeCloseTo(0.1, 1);
    expect(harness.leg.stats.inbound.lost).toBe(150);
  });

  it('measures the round trip from what the far end reports', () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(tone(500, { rateHz: 8000, lengthSamples: 8000 }));
    harness.run(10_000, () => harness.receive(phone.next()));
    const { datagram, atMs } = harness.rtcpSent.at(-1)!;
    const { ssrc, sender } = senderReportIn(datagram);
    expect(harness.leg.stats.roundTripMs).toBeUndefined();
    const elapsedMs = harness.nowMs - atMs;
    const heldMs = elapsedMs - 40;
    harness.receiveRtcp(
      rtcpOf({
        block: {
          ssrc,
          lastSenderReport: ((sender.ntpSeconds << 16) | (sender.ntpFraction >>> 16)) >>> 0,
          delaySinceLastSenderReport: Math.round((heldMs * 65_536) / 1000),
        },
      }),
    );
    expect(harness.leg.stats.roundTripMs).toBeCloseTo(40, 0);
  });

  it("tells the far end's BYE, and not a stranger's", () => {
    const harness = new LegHarness();
    const phone = new PhoneStream(tone(500, { rateHz: 8000, lengthSamples: 8000 }), 0x77);
    harness.run(200, () => harness.receive(phone.next()));
    const bye = rtcpOf({ ssrc: 0x77, bye: true });
    harness.receiveRtcp(bye, '192.0.2.66');
    expect(harness.eventsOf('rtcp-bye')).toEqual([]);
    expect(harness.leg.stats.inbound.dropped['foreign-source']).toBe(1);
    harness.receiveRtcp(bye);
    expect(harness.eventsOf('rtcp-bye').length).toBe(1);
  });

  it('goes nowhere while the far end holds with an address that is none', () => {
    const harness = new LegHarness();
    harness.negotiate({ remoteAddress: '0.0.0.0', direction: 'recvonly' });
    harness.run(30_000);
    expect(harness.rtcpSent).toEqual([]);
    harness.negotiate();
    harness.run(10_000);
    expect(harness.rtcpSent.length).toBeGreaterThan(0);
  });

  it('shares the RTP port when both sides agreed on that', () => {
    const harness = new LegHarness({ audio: { rtcpMux: true } });
    const phone = new PhoneStream(tone(500, { rateHz: 8000, lengthSamples: 8000 }), 0x77);
    harness.run(200, () => harness.receive(phone.next()));
    expect(harness.leg.rtcpPort).toBe(FAR_PORT);
    harness.receive(rtcpOf({ ssrc: 0x77, bye: true }));
    expect(harness.eventsOf('rtcp-bye').length).toBe(1);
  });

  it('answers a phone behind NAT where its reports come from', () => {
    const harness = new LegHarness({ symmetricRtp: true, audio: { remoteAddress: '10.0.0.7' } });
    const phone = new PhoneStream(tone(500, { rateHz: 8000, lengthSamples: 8000 }));
    harness.run(200, () => harness.receive(phone.next(), '198.51.100.4', 40_000));
    harness.receiveRtcp(rtcpOf({}), '198.51.100.4', 41_000);
    expect([harness.leg.rtpAddress, harness.leg.rtcpPort]).toEqual(['198.51.100.4', 41_000]);
  });

  it('counts what is no RTCP, and lives on', () => {
    const harness = new LegHarness();
    harness.receiveRtcp(new Uint8Array([0x80, 200, 0, 0]));
    harness.receiveRtcp(new Uint8Array(8));
    const { dropped } = harness.leg.stats.inbound;
    expect([dropped['rtcp-too-short'], dropped['rtcp-bad-version']]).toEqual([1, 1]);
    expect(harness.events).toEqual([]);
  });

  it('says BYE when the leg closes, with the last statistics', () => {
    const harness = new LegHarness();
    harness.run(500);
    harness.close();
    const parsed = parseRtcp(harness.rtcpSent.at(-1)!.datagram, harness.rtcpSent.at(-1)!.datagram.length);
    expect(parsed.ok && parsed.value.map(({ kind }) => kind)).toEqual(['sender-report', 'other', 'bye']);
    expect(harness.events.at(-1)).toMatchObject({ kind: 'stats', stats: { outbound: { packets: 25 } } });
    harness.run(100);
    expect(harness.sent.length).toBe(25);
  });
});

function senderReportIn(datagram: Uint8Array): Extract<RtcpPacket, { kind: 'sender-report' }> {
  const parsed = parseRtcp(datagram, datagram.length);
  const report = parsed.ok ? parsed.value[0] : undefined;
  if (report?.kind !== 'sender-report') throw new Error('no sender report');
  return report;
}

/** What the far end says: an empty receiver report, unless told otherwise. */
function rtcpOf(report: {
  ssrc?: number;
  bye?: boolean;
  block?: { ssrc: number; lastSenderReport: number; delaySinceLastSenderReport: number };
}): Uint8Array {
  const octets = new Uint8Array(400);
  const block = report.block && {
    fractionLost: 0,
    cumulativeLost: 0,
    extendedHighestSequence: 0,
    jitter: 0,
    ...report.block,
  };
  const length = writeRtcp(octets, {
    ssrc: report.ssrc ?? 0x77,
    sender: undefined,
    block,
    cname: new TextEncoder().encode('far end'),
    bye: report.bye ?? false,
  });
  return octets.slice(0, length);
}
