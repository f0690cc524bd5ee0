import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReferenceResampler, createResampler, type Resampler } from '../../src/audio/resampler.ts';
import { levelDb, noise, tone, toneLevelDb } from '../support/audio.ts';

const conversions = [
  [8000, 16000],
  [8000, 24000],
  [16000, 8000],
  [24000, 8000],
  [16000, 24000],
  [24000, 16000],
  [48000, 8000],
  [22050, 8000],
  [44100, 16000],
] as const;

describe.each(conversions)('the resampler from %d to %d Hz', (fromHz, toHz) => {
  const frame = fromHz / 50;

  it.each([300, 1000, 3000, 3400])('leaves the level of %d Hz within 0.01 dB', (frequencyHz) => {
    const output = convert(createResampler(fromHz, toHz), secondOf(frequencyHz, fromHz));
    expect(Math.abs(toneLevelDb(settled(output, toHz), frequencyHz, toHz) - TONE_DB)).toBeLessThan(0.01);
  });

  it('is at least 60 dB down wherever an image or an alias of a tone could be', () => {
    const lowerHz = Math.min(fromHz, toHz);
    // From 0.575 of the lower rate upwards: 4.6 kHz at 8 kHz.
    const stopBand = [0.575, 0.6, 0.7, 0.85, 1, 1.3].map((part) => part * lowerHz);
    const aliased = stopBand.filter((frequencyHz) => frequencyHz < fromHz / 2);
    for (const frequencyHz of aliased) {
      const output = convert(createResampler(fromHz, toHz), secondOf(frequencyHz, fromHz));
      expect(levelDb(settled(output, toHz)) - TONE_DB, `alias of ${frequencyHz} Hz`).toBeLessThan(-60);
    }
    for (const frequencyHz of [300, 1000, 3000, 3400]) {
      const output = settled(convert(createResampler(fromHz, toHz), secondOf(frequencyHz, fromHz)), toHz);
      const images = [fromHz - frequencyHz, fromHz + frequencyHz].filter((image) => image < toHz / 2);
      for (const image of images) {
        expect(toneLevelDb(output, image, toHz) - TONE_DB, `image of ${frequencyHz} Hz`).toBeLessThan(-60);
      }
    }
  });

  it('gives the same samples whatever the blocks its input comes in', () => {
    const input = noise({ lengthSamples: 3000 });
    const whole = convert(createResampler(fromHz, toHz), input);
    expect(convert(createResampler(fromHz, toHz), input, [frame])).toEqual(whole);
    expect(convert(createResampler(fromHz, toHz), input, [1])).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1100 }), { minLength: 1, maxLength: 8 }), (blocks) => {
        fc.pre(blocks.some((block) => block > 0));
        expect(convert(createResampler(fromHz, toHz), input, blocks)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('delays by what it says, under 4 ms', () => {
    const resampler = createResampler(fromHz, toHz);
    expect((resampler.delaySamples / toHz) * 1000).toBeLessThan(4);
    // A raised cosine 10 ms wide: its peak stands where the delay puts it, between samples too.
    const middle = fromHz / 50;
    const width = fromHz / 100;
    const pulse = Int16Array.from({ length: fromHz / 10 }, (_, i) =>
      Math.abs(i - middle) > width ? 0 : Math.round(8000 * (1 + Math.cos((Math.PI * (i - middle)) / width))),
    );
    const output = convert(resampler, pulse);
    let moment = 0;
    let mass = 0;
    for (let i = 0; i < output.length; i++) {
      moment += i * output[i]!;
      mass += output[i]!;
    }
    expect(moment / mass).toBeCloseTo((middle * toHz) / fromHz + resampler.delaySamples, 1);
  });

  it('clips a full-scale square instead of wrapping round', () => {
    const square = Int16Array.from({ length: fromHz / 5 }, (_, i) =>
      Math.floor((i * 400) / fromHz) % 2 === 0 ? 32767 : -32768,
    );
    const output = convert(createResampler(fromHz, toHz), square);
    expect(Math.max(...output)).toBe(32767);
    expect(Math.min(...output)).toBe(-32768);
    // Half a period lasts 2.5 ms; well inside it, every sample has the sign of the square.
    const resampler = createResampler(fromHz, toHz);
    for (let half = 4; half < 70; half++) {
      const at = Math.round(((half + 0.5) * toHz) / 400 + resampler.delaySamples);
      expect(Math.sign(output[at]!)).toBe(half % 2 === 0 ? 1 : -1);
    }
  });

  it('is bit for bit the same with SIMD and without, on any input', () => {
    const inputs = [noise({ lengthSamples: 2000 }), noise({ lengthSamples: 2000, peak: 100_000 })];
    for (const input of inputs) {
      const blocks = [frame, 7, 500];
      const simd = convert(createResampler(fromHz, toHz), input, blocks);
      expect(simd).toEqual(convert(createReferenceResampler(fromHz, toHz), input, blocks));
    }
  });

  it('starts afresh after a reset', () => {
    const input = noise({ lengthSamples: 777 });
    const resampler = createResampler(fromHz, toHz);
    const first = convert(resampler, input);
    resampler.reset();
    expect(convert(resampler, input)).toEqual(first);
  });
});

describe('the resampler', () => {
  it('makes whole frames of whole frames', () => {
    for (const fromHz of [8000, 16000, 24000]) {
      for (const toHz of [8000, 16000, 24000]) {
        const resampler = createResampler(fromHz, toHz);
        const output = new Int16Array(480);
        for (let i = 0; i < 5; i++) {
          expect(resampler.process(new Int16Array(fromHz / 50), 0, fromHz / 50, output, 0)).toBe(toHz / 50);
        }
      }
    }
  });

  it('passes samples through, without delay, when the rates are equal', () => {
    const input = noise({ lengthSamples: 100 });
    const resampler = createResampler(16000, 16000);
    expect(resampler.delaySamples).toBe(0);
    expect(convert(resampler, input, [33])).toEqual(input);
  });

  it('keeps the streams of many instances apart', () => {
    const input = noise({ lengthSamples: 800 });
    const alone = convert(createResampler(8000, 16000), input);
    const one = createResampler(8000, 16000);
    const other = createResampler(24000, 8000);
    const output = new Int16Array(1600);
    for (let at = 0; at < 800; at += 160) {
      one.process(input, at, 160, output, at * 2);
      other.process(input, at, 160, new Int16Array(160), 0);
    }
    expect(output).toEqual(alone);
  });

  it('writes nowhere but where it is told', () => {
    const resampler = createResampler(8000, 16000);
    const output = new Int16Array(30).fill(1234);
    expect(resampler.process(new Int16Array(50), 20, 10, output, 5)).toBe(20);
    expect([...output.slice(0, 5), ...output.slice(25)]).toEqual(Array(10).fill(1234));
  });

  it('carries steady level exactly, at any of its phases', () => {
    for (const [fromHz, toHz] of conversions) {
      const output = convert(createResampler(fromHz, toHz), new Int16Array(fromHz / 10).fill(10000));
      const steady = output.slice(toHz / 50);
      expect(Math.max(...steady)).toBe(10000);
      expect(Math.min(...steady)).toBe(10000);
    }
  });
});

const TONE_DB = -6;

function secondOf(frequencyHz: number, rateHz: number): Int16Array {
  return tone(frequencyHz, { rateHz, lengthSamples: rateHz, levelDb: TONE_DB });
}

/** Without the first and last 20 ms, where the tone begins and ends. */
function settled(samples: Int16Array, rateHz: number): Int16Array {
  return samples.slice(rateHz / 50, -rateHz / 50);
}

/** Feeds blocks of the given sizes in turn until the input is used up. */
function convert(
  resampler: Resampler,
  input: Int16Array,
  blocks: readonly number[] = [input.length],
): Int16Array {
  const output = new Int16Array(Math.ceil((input.length * resampler.toHz) / resampler.fromHz) + 1);
  let written = 0;
  for (let at = 0, i = 0; at < input.length; i++) {
    const length = Math.min(blocks[i % blocks.length]!, input.length - at);
    written += resampler.process(input, at, length, output, written);
    at += length;
  }
  return output.slice(0, written);
}
