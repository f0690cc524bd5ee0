import { describe, expect, it } from 'vitest';
import { levelDb, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { gaps } from '../support/listening.ts';
import { pcmuPlayout, play, type SentPacket, send } from '../support/playout-run.ts';

const rateHz = 8000;
const sent = tone(440, { rateHz, lengthSamples: 4 * rateHz, levelDb: -10 });
const forMs = 3960;
const bend = sharpestBend(sent);

describe('playout of what a good network brings', () => {
  for (const ptimeMs of [10, 20, 30, 40, 60]) {
    for (const phaseMs of [0, 7, 19]) {
      it(`is the tone that was sent, with ${ptimeMs} ms packets, pulled ${phaseMs} ms into the tick`, () => {
        const { samples, playout } = play(send(sent, { ptimeMs }), { forMs, phaseMs });
        const heard = samples.subarray(rateHz / 2, 3.5 * rateHz);
        expect(toneLevelDb(heard, 440, rateHz)).toBeCloseTo(-10, 0);
        expect(levelDb(heard)).toBeCloseTo(-10, 0);
        expect(sharpestBend(heard)).toBeLessThan(1.4 * bend);
        expect(playout.stats.concealedSamples).toBe(0);
      });
    }
  }

  it('comes to rest with a frame and a little of delay', () => {
    const { playout } = play(send(sent), { forMs });
    expect(playout.stats.targetDelayMs).toBe(25);
    expect(playout.stats.currentDelayMs).toBeGreaterThan(20);
    expect(playout.stats.currentDelayMs).toBeLessThan(40);
  });

  it('is the same when sequence numbers and timestamps wrap', () => {
    const plain = play(send(sent), { forMs });
    const wrapping = play(send(sent, { firstSequence: 65500, firstTimestamp: 2 ** 32 - 4000 }), { forMs });
    expect(wrapping.samples).toEqual(plain.samples);
    expect(wrapping.playout.stats).toEqual(plain.playout.stats);
  });

  it('is silence before the first packet', () => {
    const { samples, kinds } = play([], { forMs: 100 });
    expect(kinds).toEqual(['silence', 'silence', 'silence', 'silence', 'silence']);
    expect(samples.every((sample) => sample === 0)).toBe(true);
  });
});

describe('playout of what a bad network brings', () => {
  const network = (lost: (index: number) => boolean) => (index: number) => (lost(index) ? undefined : 5);

  it('goes on through single losses without a gap, a click or a change of delay', () => {
    const lost = network((index) => index % 20 === 10);
    const { samples, playout, kinds } = play(send(sent, { network: lost }), { forMs });
    expect(playout.stats.concealedSamples).toBe(10 * 160);
    expect(kinds.filter((kind) => kind === 'concealed')).toHaveLength(10);
    const heard = samples.subarray(1000, 3.9 * rateHz);
    expect(gaps(heard, rateHz, { leastMs: 2, peak: 100 })).toEqual([]);
    expect(sharpestBend(heard)).toBeLessThan(1.6 * bend);
    expect(toneLevelDb(heard, 440, rateHz)).toBeGreaterThan(-11);
    expect(playout.stats.currentDelayMs).toBeLessThan(40);
  });

  it('fades out when many packets are lost in a row, and is back where it would have been', () => {
    const whole = play(send(sent), { forMs });
    const torn = play(send(sent, { network: network((i) => i >= 100 && i < 110) }), { forMs });
    expect(torn.playout.stats.concealedSamples).toBe(10 * 160);
    const silence = gaps(torn.samples, rateHz, { leastMs: 50 }).at(-1)!;
    expect(silence.lengthMs).toBeGreaterThan(100);
    expect(silence.lengthMs).toBeLessThan(150);
    expect(torn.samples.subarray(2.5 * rateHz)).toEqual(whole.samples.subarray(2.5 * rateHz));
  });

  it('puts packets back in order', () => {
    const patient = { minDelayMs: 60 };
    const inOrder = play(send(sent), { forMs, playout: pcmuPlayout(patient) });
    const network = (index: number) => (index % 10 === 0 ? 27 : 5);
    const { samples, playout } = play(send(sent, { network }), { forMs, playout: pcmuPlayout(patient) });
    expect(playout.stats.reordered).toBe(20);
    expect(playout.stats.late).toBe(0);
    expect(samples.subarray(800)).toEqual(inOrder.samples.subarray(800));
  });

  it('plays a packet once, however often it comes', () => {
    const packets = send(sent);
    const once = play(packets, { forMs });
    const thrice = play(
      packets.flatMap((packet) => [packet, packet, { ...packet, arrivalMs: packet.arrivalMs! + 400 }]),
      { forMs },
    );
    expect(thrice.samples).toEqual(once.samples);
    expect(thrice.playout.stats.duplicate).toBeGreaterThan(350);
    expect(thrice.playout.stats.late).toBe(0);
  });

  it('does not wait for a packet that comes after its successors were played', () => {
    const packets = send(sent);
    packets[100]!.arrivalMs! += 300;
    const { playout, delaysMs } = play(packets, { forMs });
    expect(playout.stats.late).toBe(1);
    expect(playout.stats.concealedSamples).toBe(160);
    expect(Math.max(...delaysMs.slice(100))).toBeLessThan(60);
  });

  it('plays what a network held back, later, and then makes up for it', () => {
    const network = (index: number) => (index >= 75 && index < 90 ? 300 - (index - 75) * 20 : 5);
    const { playout, delaysMs } = play(send(sent, { network }), { forMs });
    expect(playout.stats.late).toBe(0);
    expect(Math.max(...delaysMs)).toBeGreaterThan(250);
    expect(delaysMs.at(-1)).toBeLessThan(Math.max(...delaysMs) - 30);
    expect(playout.stats.compressedSamples).toBeGreaterThan(0);
  });

  it('keeps the delay below its limit, throwing the oldest away', () => {
    const network = (index: number) => (index >= 75 && index < 120 ? 900 - (index - 75) * 20 : 5);
    const { playout, delaysMs } = play(send(sent, { network }), { forMs });
    expect(playout.stats.overflow).toBeGreaterThan(15);
    expect(Math.max(...delaysMs)).toBeLessThanOrEqual(520);
  });
});

describe('playout of a sender that is silent between words', () => {
  /** Words of 600 ms, and between them nothing at all for 1400 ms. */
  const words = (options: Parameters<typeof send>[1] = {}): SentPacket[] => {
    const spoken = send(tone(440, { rateHz, lengthSamples: 120 * rateHz, levelDb: -10 }), options).filter(
      (_, index) => index % 100 < 30,
    );
    for (const [index, { packet }] of spoken.entries()) packet.sequenceNumber = (3000 + index) & 0xffff;
    return spoken;
  };

  it('keeps its delay, and counts nothing as lost', () => {
    const network = (index: number) => 5 + ((index * 37) % 11);
    const { playout, delaysMs } = play(words({ network }), { forMs: 119_000 });
    expect(playout.stats.concealedSamples).toBe(0);
    expect(playout.stats.late).toBe(0);
    expect(playout.stats.resyncs).toBe(0);
    expect(Math.max(...delaysMs.slice(100))).toBeLessThan(55);
  });

  it('begins each word whole, after the silence that was between', () => {
    const { samples } = play(words(), { forMs: 119_000 });
    const silences = gaps(samples, rateHz, { leastMs: 500 }).slice(1);
    expect(silences.length).toBeGreaterThan(55);
    for (const { lengthMs } of silences) {
      // The last period of a word fades over 70 ms, as it might have been a loss.
      expect(lengthMs).toBeGreaterThan(1320);
      expect(lengthMs).toBeLessThanOrEqual(1400);
    }
  });

  it('loses nothing when the timestamp stands still through the silence', () => {
    const frozen = words();
    for (const [index, { packet }] of frozen.entries()) packet.timestamp = 5000 + index * 160;
    const { kinds, playout } = play(frozen, { forMs: 119_000 });
    expect(kinds.filter((kind) => kind === 'decoded').length).toBeGreaterThan(frozen.length * 0.99);
    expect(playout.stats.late).toBe(0);
  });
});

describe('playout of sequence numbers that are not audio', () => {
  it('is silence while a key is pressed instead of speech, without loss or delay', () => {
    const packets = send(sent).filter((_, index) => index < 100 || index >= 110);
    const event = send(sent).filter((_, index) => index >= 100 && index < 110);
    for (const { packet } of event) {
      packet.payloadType = 101;
      packet.timestamp = event[0]!.packet.timestamp;
    }
    const { playout, samples } = play([...packets, ...event], {
      forMs,
      deliver: (to, packet, nowMs) => (packet.payloadType === 101 ? to.skip(packet) : to.push(packet, nowMs)),
    });
    expect(playout.stats.concealedSamples).toBe(0);
    expect(playout.stats.currentDelayMs).toBeLessThan(40);
    const [silence] = gaps(samples, rateHz, { leastMs: 100 });
    expect(silence!.lengthMs).toBeGreaterThan(160);
    expect(silence!.lengthMs).toBeLessThan(215);
  });

  it('goes on speaking when the sender speaks on under the key', () => {
    const packets = send(sent);
    const event = send(sent.subarray(0, 5 * 160), { payloadType: 101, startMs: 2001 });
    for (const [index, { packet }] of packets.entries())
      packet.sequenceNumber = 1000 + index + Math.min(5, Math.max(0, index - 100));
    for (const [index, { packet }] of event.entries()) packet.sequenceNumber = 1101 + 2 * index;
    const plain = play(send(sent), { forMs });
    const { samples } = play([...packets, ...event], { forMs });
    expect(samples).toEqual(plain.samples);
  });

  it('plays a payload type without a decoder as silence', () => {
    const packets = send(sent);
    for (const { packet } of packets.slice(100, 120)) packet.payloadType = 9;
    const { playout, kinds } = play(packets, { forMs });
    expect(playout.stats.concealedSamples).toBe(0);
    expect(kinds.slice(105, 118).every((kind) => kind === 'silence')).toBe(true);
    expect(kinds.slice(125, 190).every((kind) => kind === 'decoded')).toBe(true);
  });

  it('refuses a packet longer than 120 ms and plays on', () => {
    const playout = pcmuPlayout();
    const packets = send(sent, { ptimeMs: 1000 });
    const { samples } = play(packets, { forMs: 1000, playout });
    expect(playout.stats.refused).toBe(1);
    expect(samples.every((sample) => sample === 0)).toBe(true);
  });
});

describe('playout of comfort noise', () => {
  it('fills the silence at the level the sender gave, and begins the next word on time', () => {
    const packets = send(sent).filter((_, index) => index < 60 || index >= 120);
    const [description] = send(sent.subarray(0, 160), { startMs: 1200, payloadType: 13 });
    const { packet } = description!;
    packet.payloadLength = 1;
    packet.octets = Uint8Array.from([45]);
    packet.sequenceNumber = 1060;
    packet.timestamp = 5000 + 60 * 160;
    for (const [index, { packet: spoken }] of packets.entries())
      if (index >= 60) spoken.sequenceNumber = 1001 + index;
    const playout = pcmuPlayout();
    playout.setComfortNoise(13);
    const { samples, kinds, delaysMs } = play([...packets, description!], { forMs, playout });
    expect(levelDb(samples.subarray(1.5 * rateHz, 2.3 * rateHz))).toBeCloseTo(-42, 0);
    expect(kinds.filter((kind) => kind === 'comfort-noise').length).toBeGreaterThan(57);
    expect(playout.stats.concealedSamples).toBe(0);
    expect(Math.abs(playout.stats.comfortNoiseSamples - 60 * 160)).toBeLessThan(160);
    expect(Math.max(...delaysMs)).toBeLessThan(45);
  });
});
