import { describe, expect, it } from 'vitest';
import { G722Encoder } from '../../codecs/g722.ts';
import { Playout } from '../../src/jitter/playout.ts';
import { createDecoder, createEncoder } from '../../src/media/payload-codec.ts';
import { RtpPacket } from '../../src/rtp/packet.ts';
import { levelDb, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { gaps } from '../support/listening.ts';
import { play, type SentPacket } from '../support/playout-run.ts';

const rateHz = 16_000;
const forMs = 3960;
const voice = mixed(tone(440, tones(-12)), tone(6000, tones(-30)));
const sent = tone(440, tones(-10));

describe('playout at 16 kHz', () => {
  it.each([10, 20, 30, 60, 120])('is the sound that was sent, in packets of %i ms', (ptimeMs) => {
    const { samples, playout } = played(packets(voice, { ptimeMs }));
    const heard = samples.subarray(rateHz / 2, 3.5 * rateHz);
    expect(toneLevelDb(heard, 440, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(heard, 6000, rateHz)).toBeCloseTo(-30, 0);
    expect(playout.stats.concealedSamples).toBe(0);
  });

  it('counts timestamps at 8 kHz: rest, order and wrap are those of a narrow stream', () => {
    const plain = played(packets(sent));
    const wrapping = played(packets(sent, { firstSequence: 65_500, firstTimestamp: 2 ** 32 - 4000 }));
    expect(wrapping.samples).toEqual(plain.samples);
    expect(plain.playout.stats).toMatchObject({ targetDelayMs: 25, late: 0, refused: 0, resyncs: 0 });
    expect(plain.playout.stats.currentDelayMs).toBeGreaterThan(20);
    expect(plain.playout.stats.currentDelayMs).toBeLessThan(40);
  });

  it('goes on through single losses without a gap or a change of delay', () => {
    const { samples, playout, kinds } = played(packets(sent, { isLost: (index) => index % 20 === 10 }));
    expect(playout.stats.concealedSamples).toBe(10 * 320);
    expect(kinds.filter((kind) => kind === 'concealed')).toHaveLength(10);
    const heard = samples.subarray(2000, 3.9 * rateHz);
    expect(gaps(heard, rateHz, { leastMs: 2, peak: 100 })).toEqual([]);
    // G.722 itself bends more than G.711 where its state was lost.
    expect(sharpestBend(heard)).toBeLessThan(6 * sharpestBend(sent));
    expect(levelDb(heard)).toBeGreaterThan(-11);
    expect(levelDb(heard)).toBeLessThan(-9.5);
    expect(playout.stats.currentDelayMs).toBeLessThan(40);
  });

  it('fades when a loss goes on, within 80 ms', () => {
    const { samples } = played(packets(sent, { isLost: (index) => index >= 100 && index < 150 }));
    const [gap, ...more] = gaps(samples.subarray(rateHz), rateHz, { leastMs: 100, peak: 0 });
    expect(more).toEqual([]);
    expect(gap!.lengthMs).toBeGreaterThan(850);
    expect(gap!.lengthMs).toBeLessThan(960);
  });

  it.each([-300, 300])('follows a clock that is %i ppm off, by whole pitch periods', (skewPpm) => {
    const long = tone(440, { rateHz, lengthSamples: 30 * rateHz, levelDb: -10 });
    const { samples, playout } = play(packets(long, { skewPpm }), {
      forMs: 29_000,
      playout: widePlayout(),
      rateHz,
    });
    const { compressedSamples, expandedSamples, concealedSamples } = playout.stats;
    expect(skewPpm > 0 ? compressedSamples : expandedSamples).toBeGreaterThan(0);
    expect(concealedSamples).toBe(0);
    const heard = samples.subarray(rateHz, 28 * rateHz);
    expect(sharpestBend(heard)).toBeLessThan(1.6 * sharpestBend(sent));
    expect(toneLevelDb(heard.subarray(0, rateHz), 440, rateHz)).toBeCloseTo(-10, 0);
  });

  it('passes from one codec to another of half its rate, and back, without a gap or a click', () => {
    const wide = packets(sent.subarray(0, rateHz));
    const narrow = packets(sent, { codec: 'PCMU', from: 50, to: 100 });
    const again = packets(sent, { from: 100, to: 150 });
    const { samples, playout } = played([...wide, ...narrow, ...again]);
    expect(playout.stats).toMatchObject({ concealedSamples: 0, resyncs: 0, late: 0 });
    const heard = samples.subarray(rateHz / 4, 2.9 * rateHz);
    expect(gaps(heard, rateHz, { leastMs: 1, peak: 100 })).toEqual([]);
    // An encoder that begins in the middle of a tone bends it for a moment; a click is thirty times as sharp.
    expect(sharpestBend(heard)).toBeLessThan(5 * sharpestBend(sent));
    for (const second of [0.3, 1.3, 2.3]) {
      const stretch = heard.subarray(second * rateHz, (second + 0.3) * rateHz);
      expect(toneLevelDb(stretch, 440, rateHz), `at ${second} s`).toBeCloseTo(-10, 0);
    }
  });
});

interface PacketsOptions {
  readonly ptimeMs?: number;
  readonly firstSequence?: number;
  readonly firstTimestamp?: number;
  readonly skewPpm?: number;
  readonly codec?: 'G722' | 'PCMU';
  readonly isLost?: (index: number) => boolean;
  /** Of the packets that the whole sound makes. */
  readonly from?: number;
  readonly to?: number;
}

/** Cuts a sound at 16 kHz into packets and sends them. */
function packets(samples: Int16Array, options: PacketsOptions = {}): SentPacket[] {
  const { ptimeMs = 20, firstSequence = 1000, firstTimestamp = 5000, skewPpm = 0, codec = 'G722' } = options;
  const { isLost = () => false, from = 0, to = Number.POSITIVE_INFINITY } = options;
  const encoder = codec === 'G722' ? new G722Encoder() : createEncoder('PCMU', rateHz);
  const ticks = ptimeMs * 8;
  const all = Array.from({ length: Math.floor(samples.length / (2 * ticks)) }, (_, index) => index);
  return all.slice(from, to).map((index) => {
    const packet = new RtpPacket();
    packet.octets = new Uint8Array(ticks);
    encoder.encode(samples, index * 2 * ticks, 2 * ticks, packet.octets, 0);
    packet.payloadType = codec === 'G722' ? 9 : 0;
    packet.payloadLength = ticks;
    packet.sequenceNumber = (firstSequence + index) & 0xffff;
    packet.timestamp = (firstTimestamp + index * ticks) >>> 0;
    packet.ssrc = 0x1234;
    const sentMs = (index * ptimeMs) / (1 + skewPpm / 1e6);
    return { packet, sentMs, arrivalMs: isLost(index) ? undefined : sentMs + 5 };
  });
}

function played(sentPackets: readonly SentPacket[]): ReturnType<typeof play> {
  return play(sentPackets, { forMs, playout: widePlayout(), rateHz });
}

function widePlayout(): Playout {
  const playout = new Playout({ rateHz, clockRateHz: 8000 });
  playout.setDecoder(9, createDecoder('G722', rateHz));
  playout.setDecoder(0, createDecoder('PCMU', rateHz));
  return playout;
}

function tones(levelDb: number): { rateHz: number; lengthSamples: number; levelDb: number } {
  return { rateHz, lengthSamples: 4 * rateHz, levelDb };
}

function mixed(one: Int16Array, other: Int16Array): Int16Array {
  return one.map((sample, i) => sample + other[i]!);
}
