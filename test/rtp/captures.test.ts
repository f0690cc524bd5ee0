/** Real calls, read where they lie. Expected jitter and loss are those of tshark 4.0, stream by stream. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCapture } from '../../src/cli/pcap/capture.ts';
import { readTransport, type UdpDatagram } from '../../src/cli/pcap/transport.ts';
import { parseRtpPacket, RtpPacket } from '../../src/rtp/packet.ts';
import { type ReceiveVerdict, RtpReceiver } from '../../src/rtp/receiver.ts';
import { parseRtcp } from '../../src/rtp/rtcp.ts';
import { TelephoneEventReceiver } from '../../src/rtp/telephone-event.ts';
import { sharedPath } from '../support/shared.ts';

const captures = sharedPath('captures');

function datagramsOf(name: string): UdpDatagram[] {
  const capture = readCapture(readFileSync(`${captures}/${name}`));
  if (!capture.ok) throw new Error(capture.reason);
  return [...readTransport(capture.value)].filter((unit) => unit.kind === 'udp');
}

interface Heard {
  verdicts: Partial<Record<ReceiveVerdict, number>>;
  lost: number;
  meanJitterMs: number;
  maxJitterMs: number;
  digits: string;
}

/** What is heard of the RTP that leaves `sourcePort`. */
function hear(name: string, sourcePort: number, eventPayloadType = -1): Heard {
  const receiver = new RtpReceiver(8000);
  const keys = new TelephoneEventReceiver(8000);
  const packet = new RtpPacket();
  const jitters: number[] = [];
  const verdicts: Heard['verdicts'] = {};
  let digits = '';
  for (const { payload, source, timeMs } of datagramsOf(name)) {
    if (source.port !== sourcePort || parseRtpPacket(payload, payload.length, packet) !== undefined) continue;
    if (keys.deadline !== undefined && keys.deadline <= timeMs) keys.handleTimeout(timeMs);
    const isEvent = packet.payloadType === eventPayloadType;
    const verdict = receiver.receive(packet, timeMs, !isEvent);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    if (isEvent) keys.receive(packet, timeMs);
    jitters.push(receiver.jitterMs);
    for (let press = keys.pull(); press !== undefined; press = keys.pull())
      digits += `${press.digit}:${press.durationMs} `;
  }
  return {
    verdicts,
    lost: receiver.lost,
    meanJitterMs: jitters.reduce((sum, jitter) => sum + jitter, 0) / jitters.length,
    maxJitterMs: Math.max(...jitters),
    digits: digits.trim(),
  };
}

describe.skipIf(captures === undefined)('keys in captured calls', () => {
  it('are heard once from three end packets with numbers of their own', () => {
    expect(hear('14_pcmu_dtmf_all_digits_jitter.pcap', 4000, 101).digits).toBe(
      [...'2013785496'].map((digit) => `${digit}:200`).join(' '),
    );
  });

  it('are heard once from three end packets of one number', () => {
    const { digits, verdicts } = hear('22_sipp_dtmf_1_dup_end.pcap', 49176, 101);
    expect(digits).toBe('1:280');
    expect(verdicts.duplicate).toBe(2);
  });

  it('are heard once from a single end packet after a first duration of 0', () => {
    expect(hear('02_sip_dtmf2_pcma30ms_auth.pcap', 4376, 96).digits).toBe(
      [...'6789123'].map((digit) => `${digit}:120`).join(' '),
    );
  });
});

describe.skipIf(captures === undefined)('jitter and loss of captured streams', () => {
  it.each([
    ['16_pcma_110s_clean.pcap', 52024, 0, 0.338, 2.675],
    ['01_sip_call_rtp_g711a.pcap', 8000, 0, 2.517, 7.407],
    ['02_sip_dtmf2_pcma30ms_auth.pcap', 4374, 2, 0.01, 0.019],
    ['30_baresip_udp_hold_resume_refer_rtcp_pcmu.pcapng', 13000, 0, 2.192, 10.639],
    ['40_ge_loss5_burst3_seq_ts_wrap.pcap', 40000, 164, 0.678, 0.988],
    ['41_lte_trace_jitter.pcap', 40000, 0, 6.299, 32.226],
  ])('of %s from %d are those of tshark', (name, sourcePort, lost, meanMs, maxMs) => {
    const heard = hear(name, sourcePort, 96);
    expect(heard.lost).toBe(lost);
    expect(Math.abs(heard.meanJitterMs - meanMs)).toBeLessThan(0.1);
    expect(Math.abs(heard.maxJitterMs - maxMs)).toBeLessThan(0.1);
  });

  it('are of the network alone where telephone events come between', () => {
    // tshark says 23 ms: it measures the first audio after a key against the stamp of the key's beginning.
    expect(hear('14_pcmu_dtmf_all_digits_jitter.pcap', 4000, 101).maxJitterMs).toBeCloseTo(6.77, 1);
    expect(hear('14_pcmu_dtmf_all_digits_jitter.pcap', 4000).maxJitterMs).toBeGreaterThan(20);
  });

  it('go on over a source that changes without a marker, at the price of one packet', () => {
    const { verdicts, lost } = hear('43_ssrc_change_and_dtx_gap.pcap', 40000);
    expect(verdicts).toEqual({ 'new-source': 2, unproven: 1, accepted: 2922 });
    expect(lost).toBe(0);
  });
});

describe.skipIf(captures === undefined)('RTCP in captured calls', () => {
  it.each([
    ['01_sip_call_rtp_g711a.pcap', 28],
    ['06_audiocodes_prack_cn_pcma.pcap', 2],
    ['30_baresip_udp_hold_resume_refer_rtcp_pcmu.pcapng', 22],
  ])('of %s is understood, every packet of it', (name, count) => {
    const packet = new RtpPacket();
    const rtcp = datagramsOf(name).filter(
      ({ payload }) => parseRtpPacket(payload, payload.length, packet) === 'rtcp',
    );
    expect(rtcp.length).toBe(count);
    for (const { payload } of rtcp) expect(parseRtcp(payload, payload.length).ok).toBe(true);
  });
});

describe.skipIf(captures === undefined)('malformed RTP', () => {
  it('that crashed another program has a reason', () => {
    const packet = new RtpPacket();
    const reasons = datagramsOf('25_tcpdump_rtp_malformed_1.pcapng').map(({ payload }) =>
      parseRtpPacket(payload, payload.length, packet),
    );
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason).toBeTypeOf('string');
  });
});
