import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { G722Decoder, G722Encoder } from '../../codecs/g722.ts';
import { levelDb, noise, tone, toneLevelDb } from '../support/audio.ts';
import { sentence } from '../support/hearing.ts';
import { peersPresent } from '../support/peers.ts';

const rateHz = 16_000;
const lengthSamples = 2 * rateHz;

const signals = {
  'a sweep up to 7.9 kHz': sweep(20_000),
  'a sweep at full scale': sweep(32_767),
  'noise at full scale': noise({ lengthSamples, peak: 32_767 }),
  'noise of a few steps': noise({ lengthSamples, peak: 20 }),
  silence: new Int16Array(lengthSamples),
  'a square wave from one end of the scale to the other': square(37),
  'the highest square wave there is': square(1),
  'bursts out of silence': noise({ lengthSamples, peak: 30_000 }).map((sample, i) =>
    Math.floor(i / 1000) % 2 === 0 ? 0 : sample,
  ),
};

describe.skipIf(!peersPresent('ffmpeg'))('G.722 beside ffmpeg', () => {
  it.each(Object.entries(signals))('gives the same octets and the same samples of %s', (_, samples) => {
    const theirs = ffmpeg(
      ['-f', 's16le', '-ar', '16000', '-i', '-', '-c:a', 'g722', '-f', 'g722', '-'],
      samples,
    );
    const ours = encode(samples);
    expect(firstDifference(ours, theirs)).toBe(-1);
    expect(firstDifference(decode(ours), decodedByFfmpeg(ours))).toBe(-1);
  });

  it('gives the same of speech', async () => {
    const spoken = await sentence('She sells sea shells on the sea shore.', 'slt', rateHz);
    const samples = spoken.slice(0, spoken.length & ~1);
    const theirs = ffmpeg(
      ['-f', 's16le', '-ar', '16000', '-i', '-', '-c:a', 'g722', '-f', 'g722', '-'],
      samples,
    );
    expect(firstDifference(encode(samples), theirs)).toBe(-1);
    expect(firstDifference(decode(theirs), decodedByFfmpeg(theirs))).toBe(-1);
  });

  it('gives the same samples of octets that no encoder would send', () => {
    const octets = Uint8Array.from(
      noise({ lengthSamples: 64_000, peak: 32_767, seed: 7 }),
      (sample) => sample >> 8,
    );
    expect(firstDifference(decode(octets), decodedByFfmpeg(octets))).toBe(-1);
  });
});

describe('G.722', () => {
  it('is what it was when it was held against ffmpeg', () => {
    const octets = encode(signals['noise at full scale']);
    expect(digestOf(octets)).toBe('cc97fe153def5949');
    expect(digestOf(new Uint8Array(decode(octets).buffer))).toBe('a5473bffd2d2dab1');
  });

  it.each([300, 1000, 3000, 3900, 5000, 6000, 7000])(
    'carries a tone of %i Hz at its level',
    (frequencyHz) => {
      const heard = decode(encode(tone(frequencyHz, { rateHz, lengthSamples, levelDb: -10 }))).subarray(4000);
      // The band edges lie at 50 and 7000 Hz, within 1 dB (ITU-T G.722 figure 2).
      expect(Math.abs(toneLevelDb(heard, frequencyHz, rateHz) + 10)).toBeLessThan(1);
      expect(Math.abs(levelDb(heard) + 10)).toBeLessThan(1);
    },
  );

  it('is the same however a stream is cut', () => {
    const samples = signals['a sweep at full scale'].subarray(0, 6400);
    const whole = encode(samples);
    const decoded = decode(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }), (cuts) => {
        const encoder = new G722Encoder();
        const decoder = new G722Decoder();
        const octets = new Uint8Array(3200);
        const output = new Int16Array(6400);
        let at = 0;
        for (const cut of [...cuts, 3200]) {
          const count = Math.min(cut, 3200 - at);
          expect(encoder.encode(samples, 2 * at, 2 * count, octets, at)).toBe(count);
          expect(decoder.decode(octets, at, count, output, 2 * at)).toBe(2 * count);
          at += count;
        }
        expect(firstDifference(octets, whole)).toBe(-1);
        expect(firstDifference(output, decoded)).toBe(-1);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps streams apart that are coded in turns', () => {
    const inputs = [signals['a sweep up to 7.9 kHz'], signals['noise at full scale']];
    const encoders = inputs.map(() => new G722Encoder());
    const outputs = inputs.map(() => new Uint8Array(1600));
    for (let at = 0; at < 1600; at += 160) {
      for (const [i, encoder] of encoders.entries()) {
        encoder.encode(inputs[i]!, 2 * at, 320, outputs[i]!, at);
      }
    }
    for (const [i, samples] of inputs.entries()) {
      expect(firstDifference(outputs[i]!, encode(samples.subarray(0, 3200)))).toBe(-1);
    }
  });

  it('begins anew after a reset', () => {
    const octets = encode(signals['noise at full scale']);
    const decoder = new G722Decoder();
    const output = new Int16Array(2 * octets.length);
    decoder.decode(octets, 0, octets.length, output, 0);
    decoder.reset();
    decoder.decode(octets, 0, octets.length, output, 0);
    expect(firstDifference(output, decode(octets))).toBe(-1);
  });

  it('finds its way back within 50 ms when octets were lost', () => {
    const octets = encode(tone(1000, { rateHz, lengthSamples, levelDb: -10 }));
    const gap = new Uint8Array(octets.length - 320);
    gap.set(octets.subarray(0, 4000));
    gap.set(octets.subarray(4320), 4000);
    const heard = decode(gap).subarray(8000 + 800, 8000 + 800 + 3200);
    expect(toneLevelDb(heard, 1000, rateHz)).toBeCloseTo(-10, 0);
  });

  it('reads and writes at the offsets it is given and nowhere else', () => {
    const output = new Int16Array(8).fill(1234);
    expect(new G722Decoder().decode(Uint8Array.of(0, 0x12, 0x34, 0), 1, 2, output, 3)).toBe(4);
    expect([...output.subarray(0, 3), output[7]]).toEqual([1234, 1234, 1234, 1234]);
    const octets = new Uint8Array(5).fill(77);
    expect(new G722Encoder().encode(Int16Array.of(9999, 0, 0, 0, 0, 9999), 1, 4, octets, 2)).toBe(2);
    expect([octets[0], octets[1], octets[4]]).toEqual([77, 77, 77]);
    expect([octets[2], octets[3]]).not.toContain(77);
  });
});

function encode(samples: Int16Array): Uint8Array {
  const octets = new Uint8Array(samples.length / 2);
  new G722Encoder().encode(samples, 0, samples.length, octets, 0);
  return octets;
}

function decode(octets: Uint8Array): Int16Array {
  const samples = new Int16Array(2 * octets.length);
  new G722Decoder().decode(octets, 0, octets.length, samples, 0);
  return samples;
}

function decodedByFfmpeg(octets: Uint8Array): Int16Array {
  return new Int16Array(ffmpeg(['-f', 'g722', '-i', '-', '-f', 's16le', '-'], octets).buffer);
}

function ffmpeg(options: readonly string[], input: Int16Array | Uint8Array): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  const { status, stdout, stderr } = spawnSync('ffmpeg', ['-loglevel', 'error', ...options], {
    input: octets,
    maxBuffer: 1 << 24,
  });
  expect(status, String(stderr)).toBe(0);
  return new Uint8Array(stdout);
}

/** -1: none. */
function firstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) if (actual[i] !== expected[i]) return i;
  return -1;
}

function digestOf(octets: Uint8Array): string {
  return createHash('sha256').update(octets).digest('hex').slice(0, 16);
}

function sweep(peak: number): Int16Array {
  const [fromHz, toHz] = [50, 7900];
  return Int16Array.from({ length: lengthSamples }, (_, i) => {
    const seconds = i / rateHz;
    const cycles = fromHz * seconds + ((toHz - fromHz) * seconds ** 2 * rateHz) / (2 * lengthSamples);
    return Math.round(peak * Math.sin(2 * Math.PI * cycles));
  });
}

function square(halfPeriodSamples: number): Int16Array {
  return Int16Array.from({ length: lengthSamples }, (_, i) =>
    Math.floor(i / halfPeriodSamples) % 2 === 0 ? 32_767 : -32_768,
  );
}
