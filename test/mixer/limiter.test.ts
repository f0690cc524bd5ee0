import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeSum } from '../../src/mixer/limiter.ts';
import { distortionDb, tone } from '../support/audio.ts';

const rateHz = 8000;

describe('the limiter', () => {
  it('leaves a tone of -6 dBFS as it is', () => {
    const sound = tone(400, { rateHz, lengthSamples: 8000, levelDb: -6 });
    expect(limited(Float64Array.from(sound))).toEqual(sound);
  });

  it('leaves everything up to -3 dBFS as it is', () => {
    const sound = Int16Array.from({ length: 2 * 23_190 }, (_, i) => i - 23_190);
    expect(limited(Float64Array.from(sound))).toEqual(sound);
  });

  it('distorts a tone 6 dB over full scale no more than clipping would, and a tone at full scale far less', () => {
    // Measured: 22.4 % (-13.0 dB) at +6 dB, where a hard clip has 23.4 % (-12.6 dB), and 2.6 % (-31.8 dB) at 0 dB.
    const over = Float64Array.from(
      { length: 8000 },
      (_, i) => 65_534 * Math.sin((2 * Math.PI * 400 * i) / rateHz),
    );
    expect(distortionDb(limited(over), 400, rateHz)).toBeLessThan(-12.8);
    const full = over.map((sample) => sample / 2);
    expect(distortionDb(limited(full), 400, rateHz)).toBeLessThan(-31.5);
  });

  it('never passes full scale, never turns a sign, and is louder for what is louder', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e9, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (value, more) => {
          const [one, other] = limited(Float64Array.of(value, value + more));
          expect(Math.abs(one!)).toBeLessThanOrEqual(32_767);
          expect(one! * value).toBeGreaterThanOrEqual(0);
          expect(other!).toBeGreaterThanOrEqual(one!);
        },
      ),
    );
  });

  it('bends without a corner: neighbouring inputs give neighbouring outputs', () => {
    const ramp = Float64Array.from({ length: 100_000 }, (_, i) => i);
    const result = limited(ramp);
    const steps = new Set(result.slice(1).map((sample, i) => sample - result[i]!));
    expect([...steps].sort()).toEqual([0, 1]);
    expect(result.at(-1)).toBe(32_767);
  });
});

function limited(sum: Float64Array): Int16Array {
  const frame = new Int16Array(sum.length);
  writeSum(sum, frame, Number.POSITIVE_INFINITY);
  return frame;
}
