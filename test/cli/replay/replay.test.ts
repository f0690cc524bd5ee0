import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { G722Decoder } from '../../../codecs/g722.ts';
import { pcmuFaithfulDecoder } from '../../../codecs/pcmu.ts';
import { parseWav } from '../../../src/audio/wav.ts';
import { readCapture } from '../../../src/cli/pcap/capture.ts';
import { findFlows } from '../../../src/cli/replay/find-flows.ts';
import { replayOctets } from '../../../src/cli/replay/replay-capture.ts';
import { type FlowReport, type ReplayedFlow, replayFlow } from '../../../src/cli/replay/replay-flow.ts';
import { replayCapture } from '../../../src/cli/replay.ts';
import { levelDb, toneLevelDb } from '../../support/audio.ts';
import { gaps } from '../../support/listening.ts';
import { sharedPath } from '../../support/shared.ts';
import { parseTsharkStreams, streamKey } from '../../support/tshark-streams.ts';
import { tsharkTables } from './tshark-tables.ts';

const captures = sharedPath('captures');

function replay(name: string): ReplayedFlow[] {
  const flows = replayOctets(readFileSync(join(captures!, name)));
  if (!flows.ok) throw new Error(flows.reason);
  return flows.value;
}

function only(name: string): { report: FlowReport; audio: Int16Array } {
  const [flow, ...others] = replay(name);
  expect(others).toEqual([]);
  return { report: flow!.report, audio: flow!.audio! };
}

describe.skipIf(captures === undefined)('replay', () => {
  for (const name of captures === undefined ? [] : readdirSync(captures)) {
    if (!/\.pcap(ng)?$/.test(name)) continue;
    it(`finds in ${name} the streams, losses and jitter that tshark finds`, () => {
      const found = replay(name).flatMap(({ report }) =>
        report.streams.map((stream) => ({
          key: streamKey(report.source, report.destination, stream.ssrc),
          stream,
        })),
      );
      const expected = parseTsharkStreams(tsharkTables[name] ?? '');
      expect(found.map(({ key }) => key).sort()).toEqual(expected.map(({ key }) => key).sort());
      for (const { key, stream } of found) {
        const theirs = expected.find((row) => row.key === key)!;
        expect({ key, packets: stream.packets, lost: stream.lost }).toEqual({
          key,
          packets: theirs.packets,
          lost: theirs.lost,
        });
        expect(Math.abs(stream.jitterMeanMs - theirs.jitterMeanMs)).toBeLessThan(0.1);
        expect(Math.abs(stream.jitterMaxMs - theirs.jitterMaxMs)).toBeLessThan(0.1);
      }
    });
  }
});

describe.skipIf(captures === undefined)('replay of keys', () => {
  // tshark -r FILE -Y rtpevent -T fields -e rtp.timestamp -e rtpevent.event_id | uniq
  for (const [name, digits] of [
    ['02_sip_dtmf2_pcma30ms_auth.pcap', '6789123'],
    ['14_pcmu_dtmf_all_digits_jitter.pcap', '2013785496'],
    ['22_sipp_dtmf_1_dup_end.pcap', '1'],
  ]) {
    it(`reads ${digits} from ${name}`, () => {
      const reports = replay(name!).map(({ report }) => report);
      expect(reports.map((report) => report.digits).join('')).toBe(digits);
      for (const { playout } of reports) expect(playout?.resyncs ?? 0).toBe(0);
    });
  }

  it('counts nothing as lost where a key was pressed', () => {
    const { report } = only('14_pcmu_dtmf_all_digits_jitter.pcap');
    expect(report.playout!.concealedMs).toBe(0);
    expect(report.playout!.late).toBe(0);
    expect(report.playout!.delayMaxMs).toBeLessThan(60);
  });
});

describe.skipIf(captures === undefined)('replay of captures whose truth is known', () => {
  const truth = (name: string) =>
    readFileSync(join(captures!, name), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number))
      .map(([sequenceNumber, , , arrivalMs]) => ({ sequenceNumber: sequenceNumber!, arrivalMs: arrivalMs! }));

  it('conceals each lost packet of 40, and plays each of the others where it belongs', () => {
    const { report, audio } = only('40_ge_loss5_burst3_seq_ts_wrap.pcap');
    const packets = truth('40_ge_loss5_burst3_seq_ts_wrap.truth.csv');
    const lost = packets.map(({ arrivalMs }) => arrivalMs < 0);
    const lostCount = lost.filter(Boolean).length;
    expect(report.streams[0]!.lost).toBe(lostCount);
    expect(report.playout).toMatchObject({ concealedMs: lostCount * 20, late: 0, overflow: 0, resyncs: 0 });
    expect(report.playout!.delayMaxMs).toBeLessThan(60);

    // Once the delay has settled, what is heard is what was sent, but for what blends with concealment.
    const said = decodedPackets('40_ge_loss5_burst3_seq_ts_wrap.pcap');
    const sequenceOf = (index: number) => packets[index]!.sequenceNumber;
    const settled = 500;
    const loud = lost.findIndex((gone, i) => i > settled && !gone && levelDb(said.get(sequenceOf(i))!) > -20);
    const shift = offsetOf(audio, said.get(sequenceOf(loud))!, loud * 160) - loud * 160;
    for (let index = settled; index < packets.length; index++) {
      if (lost[index] || lost[index - 1]) continue;
      const at = index * 160 + shift;
      expect(audio.subarray(at, at + 160), `packet ${index}`).toEqual(said.get(sequenceOf(index)));
    }
  });

  it('plays every packet of 41 in spite of spikes of 315 ms, at a mean delay of 120 ms or less', () => {
    const { report } = only('41_lte_trace_jitter.pcap');
    const { playout, streams } = report;
    expect(streams[0]).toMatchObject({ packets: 3000, lost: 0, reordered: 0, duplicates: 0 });
    expect(playout).toMatchObject({ late: 0, overflow: 0, resyncs: 0 });
    // 1.8 % of 60 s.
    expect(playout!.concealedMs).toBeLessThan(1100);
    expect(playout!.delayMeanMs).toBeLessThan(120);
    expect(playout!.delayMaxMs).toBeLessThan(340);
  });

  it('follows the change of SSRC in 43, and neither drifts nor conceals over its silence', () => {
    const { report, audio } = only('43_ssrc_change_and_dtx_gap.pcap');
    const packets = truth('43_ssrc_change_and_dtx_gap.truth.csv');
    expect(report.streams.map(({ packets: count }) => count)).toEqual([1000, 1925]);
    expect(packets).toHaveLength(2925);
    expect(report.playout).toMatchObject({ concealedMs: 0, late: 0, overflow: 0, resyncs: 1 });
    expect(report.playout!.delayMaxMs).toBeLessThan(45);
    const silence = gaps(audio, 8000, { leastMs: 1300, peak: 0 }).find(({ startMs }) => startMs > 39_500);
    expect(silence!.startMs).toBeGreaterThan(40_000);
    expect(silence!.lengthMs).toBeLessThan(1520);
  });

  it('hears the tone of 20: 1004 Hz, as loud as it was sent, and nothing else', () => {
    const { audio } = only('20_milliwatt_1004hz_pcmu.pcap');
    // ulaw2lin of Python over the payloads, RMS of a second: -10.155 dB.
    expect(levelDb(audio.subarray(16_000, 96_000))).toBeCloseTo(-10.155, 1);
    for (let at = 16_000; at < 96_000; at += 8000) {
      expect(toneLevelDb(audio.subarray(at, at + 8000), 1004, 8000)).toBeGreaterThan(-11);
    }
  });

  it('plays the G.722 of 08 to the sample, after PCMU of the same flow', () => {
    for (const flow of findFlows(framesOf('08_reinvite_codec_change_g722_pcmu.pcap'))) {
      const { audio, rateHz, report } = replayFlow(flow);
      expect(rateHz).toBe(16_000);
      expect(report.playout).toMatchObject({ concealedMs: 0, late: 0, overflow: 0, resyncs: 1 });
      const wideband = flow.packets.filter(({ octets }) => (octets[1]! & 0x7f) === 9);
      expect(wideband).toHaveLength(151);
      const decoder = new G722Decoder();
      const said = wideband.map(({ octets }) => {
        const samples = new Int16Array(320);
        decoder.decode(octets, 12, 160, samples, 0);
        return samples;
      });
      // All but the one that fades in, and those around which the delay went to its target.
      let at = 3 * rateHz;
      const heard = said.filter((samples) => {
        const found = indexWithin(audio!, samples, at, at + 2000);
        if (found >= 0) at = found + 320;
        return found >= 0;
      });
      expect(heard.length).toBeGreaterThan(0.9 * 151);
    }
  });

  it('fills the silences of 06 with the noise that is described', () => {
    const flows = replay('06_audiocodes_prack_cn_pcma.pcap');
    expect(flows.map(({ report }) => report.playout!.comfortNoiseMs > 400)).toEqual([true, true]);
    expect(flows.map(({ report }) => report.playout!.concealedMs)).toEqual([0, 0]);
  });
});

describe.skipIf(captures === undefined)('patchbay replay', () => {
  it('prints a block for each flow, and writes what was heard', async () => {
    const out = mkdtempSync(join(tmpdir(), 'patchbay-replay-'));
    try {
      const text = await replayCapture({
        file: join(captures!, '08_reinvite_codec_change_g722_pcmu.pcap'),
        out,
      });
      expect(text).toContain('127.0.0.1:5094 -> 127.0.0.1:5084');
      expect(text).toMatch(/0x0e330af3 {2}PCMU +151 +0 \(0\.0 %\)/);
      expect(text).toMatch(/0x2d374e76 {2}G722 +151/);
      const files = readdirSync(out).sort();
      expect(files).toEqual(['01-127.0.0.1_5094-127.0.0.1_5084.wav', '02-127.0.0.1_5084-127.0.0.1_5094.wav']);
      const wav = parseWav(readFileSync(join(out, files[0]!)));
      expect(wav.ok && wav.value.rateHz).toBe(16_000);
      expect(wav.ok && wav.value.samples.length / 16_000).toBeCloseTo(6.1, 1);
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  it('prints JSON when asked', async () => {
    const text = await replayCapture({ file: join(captures!, '22_sipp_dtmf_1_dup_end.pcap'), json: true });
    expect(JSON.parse(text)).toMatchObject([{ digits: '1', streams: [{ packets: 10, duplicates: 2 }] }]);
  });

  it('says so when a file cannot be read, or is no capture', async () => {
    await expect(replayCapture({ file: '/nonexistent.pcap' })).rejects.toThrow('The capture cannot be read');
    await expect(replayCapture({ file: join(captures!, 'ref_8k.wav') })).rejects.toThrow('not-a-capture');
  });
});

/** Every packet of a PCMU capture, decoded, by sequence number. */
function decodedPackets(name: string): Map<number, Int16Array> {
  return new Map(
    findFlows(framesOf(name))[0]!.packets.map(({ octets }) => {
      const samples = new Int16Array(octets.length - 12);
      pcmuFaithfulDecoder.decode(octets, 12, samples.length, samples, 0);
      return [(octets[2]! << 8) | octets[3]!, samples];
    }),
  );
}

function framesOf(name: string): CapturedFrames {
  const frames = readCapture(readFileSync(join(captures!, name)));
  if (!frames.ok) throw new Error(frames.reason);
  return frames.value;
}

type CapturedFrames = Parameters<typeof findFlows>[0];

/** Where `wanted` is heard, within 100 ms of `near`. */
function offsetOf(audio: Int16Array, wanted: Int16Array, near: number): number {
  const at = indexWithin(audio, wanted, near - 800, near + 800);
  if (at < 0) throw new Error('it was not heard');
  return at;
}

/** -1: nowhere. */
function indexWithin(audio: Int16Array, wanted: Int16Array, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    if (wanted.every((sample, index) => audio[at + index] === sample)) return at;
  }
  return -1;
}
