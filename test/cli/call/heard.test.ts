import { describe, expect, it } from 'vitest';
import { Heard } from '../../../src/cli/call/heard.ts';
import { tone } from '../../support/audio.ts';

const rateHz = 8000;

describe('what was heard', () => {
  it('is kept sample for sample', () => {
    const sound = tone(440, { rateHz, lengthSamples: 1600 });
    expect(heardOf(sound).samples).toEqual(sound);
  });

  it('is as loud as it is: a full-scale sine is 0 dBFS', () => {
    const levels = heardOf(tone(1000, { rateHz, lengthSamples: 8000, levelDb: -20 })).levels(rateHz);
    expect(levels).toMatchObject({ lengthMs: 1000, rmsDbfs: -20, peakDbfs: -20, longestQuietMs: 0 });
  });

  it('has its longest silence told with its place', () => {
    const sound = tone(1000, { rateHz, lengthSamples: 8000 });
    sound.fill(0, 800, 1120);
    sound.fill(3, 4000, 4800);
    expect(heardOf(sound).levels(rateHz)).toMatchObject({ longestQuietMs: 100, longestQuietAtMs: 500 });
  });

  it('is -96 dBFS when it is silence, and has no level when it is nothing', () => {
    expect(heardOf(new Int16Array(320)).levels(rateHz)).toMatchObject({ rmsDbfs: -96, peakDbfs: -96 });
    expect(new Heard().levels(rateHz)).toBeUndefined();
  });

  it('moves the meter within a few frames', () => {
    const heard = heardOf(tone(1000, { rateHz, lengthSamples: 1600, levelDb: -12 }));
    expect(heard.meterDbfs).toBeGreaterThan(-13);
    for (let frame = 0; frame < 25; frame++) heard.push(new Int16Array(160));
    expect(heard.meterDbfs).toBeLessThan(-30);
  });
});

function heardOf(sound: Int16Array): Heard {
  const heard = new Heard();
  for (let at = 0; at < sound.length; at += 160) heard.push(sound.slice(at, at + 160));
  return heard;
}
