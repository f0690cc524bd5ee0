import { describe, expect, it } from 'vitest';
import { RtpPacket } from '../../src/rtp/packet.ts';
import { RtpReceiver } from '../../src/rtp/receiver.ts';
import { parseRtcp, type RtcpPacket } from '../../src/rtp/rtcp.ts';
import { RtcpSession } from '../../src/rtp/rtcp-session.ts';
import { newRtpSenderState, RtpSender } from '../../src/rtp/sender.ts';

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** One party to a call. */
class Party {
  readonly sender: RtpSender;
  readonly receiver = new RtpReceiver(8000);
  readonly rtcp: RtcpSession;
  readonly #octets = new Uint8Array(200);

  constructor(ssrcSeed: number, random: () => number = () => 0.5) {
    this.sender = new RtpSender(newRtpSenderState(() => ssrcSeed));
    this.rtcp = new RtcpSession(
      {
        sender: this.sender,
        receiver: this.receiver,
        clockRateHz: 8000,
        cname: 'a@b',
        epochAtZeroMs: EPOCH_MS,
        random,
      },
      0,
    );
  }

  say(to: Party, nowMs: number): void {
    const { sequenceNumber, timestamp, ssrc } = this.sender.state;
    this.sender.writeAudioHeader(this.#octets, 0, 160, 160, nowMs);
    const packet = new RtpPacket();
    Object.assign(packet, { sequenceNumber, timestamp, ssrc, payloadLength: 160 });
    to.receiver.receive(packet, nowMs);
  }

  report(nowMs: number): RtcpPacket {
    return this.#sent(this.rtcp.handleTimeout(nowMs))[0]!;
  }

  leave(nowMs: number): readonly RtcpPacket[] {
    return this.#sent(this.rtcp.bye(nowMs));
  }

  #sent(length: number): readonly RtcpPacket[] {
    const parsed = parseRtcp(this.rtcp.octets, length);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.value;
  }

  hear(from: Party, length: number, nowMs: number): string {
    return this.rtcp.handleRtcp(from.rtcp.octets, length, nowMs);
  }
}

describe('the reports of a leg', () => {
  it('come half a minimum interval after the start, then at the minimum interval, spread by half of it', () => {
    for (const [random, first, then] of [
      [0, 1026, 2052],
      [0.5, 2052, 4104],
      [0.999_999, 3078, 6156],
    ] as const) {
      const party = new Party(0.1, () => random);
      expect(party.rtcp.deadline).toBeCloseTo(first, -1);
      party.rtcp.handleTimeout(party.rtcp.deadline);
      expect(party.rtcp.deadline - first).toBeCloseTo(then, -1);
    }
  });

  it('are sender reports while we send, and two reports later receiver reports', () => {
    const [us, them] = [new Party(0.1), new Party(0.9)];
    expect(us.report(2000).kind).toBe('receiver-report');
    us.say(them, 2500);
    expect([us.report(4000).kind, us.report(8000).kind, us.report(12_000).kind]).toEqual([
      'sender-report',
      'sender-report',
      'receiver-report',
    ]);
  });

  it('tell one instant by both clocks', () => {
    const [us, them] = [new Party(0), new Party(0.9)];
    us.say(them, 1000);
    us.say(them, 1020);
    expect(us.report(2020.5)).toMatchObject({
      sender: {
        ntpSeconds: EPOCH_MS / 1000 + 2_208_988_800 + 2,
        ntpFraction: Math.floor(0.0205 * 2 ** 32),
        rtpTimestamp: 160 + 8004,
        packets: 2,
        octets: 320,
      },
    });
  });

  it('count anew under a new SSRC (section 6.4.1)', () => {
    const [us, them] = [new Party(0.1), new Party(0.9)];
    us.say(them, 1000);
    us.say(them, 1020);
    us.sender.beginAnew(() => 0.7);
    us.say(them, 1040);
    expect(us.report(2000)).toMatchObject({
      ssrc: us.sender.state.ssrc,
      sender: { packets: 1, octets: 160 },
    });
    expect(us.sender.state).toMatchObject({ packets: 3, octets: 480 });
  });

  it('say what was received of the other, and what was lost', () => {
    const [us, them] = [new Party(0), new Party(0.9)];
    for (let index = 0; index < 4; index++) them.say(index === 1 ? new Party(0.5) : us, index * 20);
    expect(us.report(2000)).toMatchObject({
      blocks: [{ ssrc: them.sender.state.ssrc, cumulativeLost: 1, fractionLost: 64, lastSenderReport: 0 }],
    });
  });

  it('give both ends the round trip', () => {
    const [us, them] = [new Party(0.1), new Party(0.9)];
    us.say(them, 900);
    them.say(us, 900);
    expect(them.hear(us, us.rtcp.handleTimeout(1000), 1030)).toBe('heard');
    expect(us.hear(them, them.rtcp.handleTimeout(3500), 3545)).toBe('heard');
    expect(us.rtcp.roundTripMs).toBeCloseTo(75, 1);
    expect(us.rtcp.remoteReport).toMatchObject({ ssrc: us.sender.state.ssrc, cumulativeLost: 0 });
    expect(them.rtcp.roundTripMs).toBeUndefined();
    them.hear(us, us.rtcp.handleTimeout(6000), 6030);
    expect(them.rtcp.roundTripMs).toBeCloseTo(75, 1);
  });

  it('that tell of nobody, or of delays that cannot be, give no round trip', () => {
    const [us, them, other] = [new Party(0.1), new Party(0.9), new Party(0.5)];
    us.say(them, 0);
    them.hear(us, us.rtcp.handleTimeout(1000), 1010);
    other.hear(them, them.rtcp.handleTimeout(2000), 2010);
    expect(other.rtcp.roundTripMs).toBeUndefined();
    us.hear(them, them.rtcp.handleTimeout(2000), 2_000_000);
    expect(us.rtcp.roundTripMs).toBeUndefined();
  });

  it('end with a BYE, heard only from the source that is being heard', () => {
    const [us, them, stranger] = [new Party(0.1), new Party(0.9), new Party(0.5)];
    them.say(us, 0);
    expect(stranger.leave(100).map(({ kind }) => kind)).toEqual(['receiver-report', 'other', 'bye']);
    expect(us.hear(stranger, stranger.rtcp.bye(100), 120)).toBe('heard');
    expect(us.hear(them, them.rtcp.bye(200), 220)).toBe('bye');
    expect(them.rtcp.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('are told apart from what is no RTCP, with the reason', () => {
    expect(new Party(0.1).rtcp.handleRtcp(Uint8Array.of(0x80, 201, 0, 0), 4, 0)).toBe('too-short');
  });
});
