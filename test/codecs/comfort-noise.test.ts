import { describe, expect, it } from 'vitest';
import { ComfortNoise } from '../../codecs/comfort-noise.ts';
import { levelDb } from '../support/audio.ts';

const rateHz = 8000;

function generate(...payload: number[]): Int16Array {
  const comfortNoise = new ComfortNoise();
  comfortNoise.update(Uint8Array.from(payload), 0, payload.length);
  const output = new Int16Array(4 * rateHz);
  comfortNoise.addTo(output, 0, output.length);
  return output;
}

/** Correlation of neighbouring samples: near 1 for a rumble, 0 for white noise, near -1 for a hiss. */
function neighbourCorrelation(samples: Int16Array): number {
  let product = 0;
  let energy = 0;
  for (let i = 1; i < samples.length; i++) {
    product += samples[i]! * samples[i - 1]!;
    energy += samples[i]! ** 2;
  }
  return product / energy;
}

describe('comfort noise', () => {
  for (const level of [20, 40, 60]) {
    it(`has the level that was sent: -${level} dBov`, () => {
      // A full-scale sine is 0 dB here and -3 dBov.
      expect(levelDb(generate(level)) - 3.01).toBeCloseTo(-level, 0);
    });
  }

  it('keeps that level whatever its spectrum', () => {
    // RFC 3389 section 3.2: 127 is 0, lower is negative.
    expect(levelDb(generate(30, 27, 160)) - 3.01).toBeCloseTo(-30, 0);
  });

  it('rumbles when its first reflection coefficient is negative, and hisses when it is positive', () => {
    expect(neighbourCorrelation(generate(30))).toBeCloseTo(0, 1);
    expect(neighbourCorrelation(generate(30, 27))).toBeCloseTo(100 / 127, 1);
    expect(neighbourCorrelation(generate(30, 227))).toBeCloseTo(-100 / 127, 1);
  });

  it('stays as it was after an empty description, and stable after a senseless one', () => {
    const comfortNoise = new ComfortNoise();
    const output = new Int16Array(rateHz);
    comfortNoise.update(Uint8Array.from([40]), 0, 1);
    comfortNoise.update(new Uint8Array(0), 0, 0);
    comfortNoise.addTo(output, 0, output.length);
    expect(levelDb(output)).toBeGreaterThan(-42);
    expect(Math.abs(levelDb(generate(40, ...new Array(40).fill(255))) + 37)).toBeLessThan(6);
  });
});
