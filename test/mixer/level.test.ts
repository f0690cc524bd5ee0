import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { levelDb, noise, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { clipOf, eventsOf, play } from '../support/mixing.ts';

const rateHz = 8000;
const hum = clipOf(tone(200, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz, 'hum');
const whistle = clipOf(tone(1000, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz, 'whistle');

describe('the level of a track', () => {
  it('changes in a straight line, without zipper noise, and keeps its place in the sound', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    const before = play(mixer, 10);
    mixer.setGain('ambient', 0.25);
    const after = play(mixer, 10);
    const bend = sharpestBend(Int16Array.of(...before, ...after));
    expect(bend).toBeLessThanOrEqual(sharpestBend(before) * 1.1);
    const settled = after.subarray(80);
    for (let i = 0; i < settled.length; i++) {
      expect(Math.abs(settled[i]! - hum.samples[(1680 + i) % 8000]! / 4)).toBeLessThanOrEqual(0.5);
    }
  });

  it('does not jump even when the change is asked for at once', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    const before = play(mixer, 10);
    mixer.setGain('ambient', 0, 0);
    const after = play(mixer, 2);
    expect(sharpestBend(Int16Array.of(...before, ...after))).toBeLessThan(sharpestBend(hum.samples) * 1.5);
  });

  it('is bounded: below at silence, above at +50 dB', () => {
    const quiet = clipOf(Int16Array.of(10, 10, 10, 10));
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', quiet, -3, 0);
    expect(play(mixer, 1).every((sample) => sample === 0)).toBe(true);
    mixer.setGain('ambient', Number.POSITIVE_INFINITY);
    expect(play(mixer, 2).at(-1)).toBe(Math.round(10 * 10 ** 2.5));
  });

  it('crosses over to another sound of the name without silence, and tells that the first gave way', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 0.5, 0);
    const before = play(mixer, 10);
    mixer.startLoop('ambient', whistle, 0.5, 0);
    const crossing = play(mixer, 1);
    const after = play(mixer, 10);
    for (let i = 0; i < 160; i += 40) {
      expect(Math.abs(levelDb(crossing.subarray(i, i + 40)) + 18)).toBeLessThan(2);
    }
    expect(sharpestBend(Int16Array.of(...before, ...crossing, ...after))).toBeLessThanOrEqual(
      sharpestBend(after) + sharpestBend(before),
    );
    expect(toneLevelDb(after, 1000, rateHz)).toBeCloseTo(-18, 1);
    expect(toneLevelDb(after, 200, rateHz)).toBeLessThan(-80);
    expect(eventsOf(mixer)).toEqual([
      { kind: 'track-ended', track: 'ambient', soundId: 0, atSamples: 1600, cause: 'replaced' },
    ]);
  });

  it('keeps its power all along a cross-fade of unrelated sounds', () => {
    const mixer = new Mixer({ rateHz });
    const one = clipOf(noise({ lengthSamples: 8000, seed: 1 }), rateHz, 'one');
    const other = clipOf(noise({ lengthSamples: 8000, seed: 2 }), rateHz, 'other');
    mixer.startLoop('ambient', one, 0.5, 0);
    const steady = levelDb(play(mixer, 25));
    mixer.startLoop('ambient', other, 0.5, 500);
    const crossing = play(mixer, 25);
    for (let i = 0; i < crossing.length; i += 800) {
      expect(Math.abs(levelDb(crossing.subarray(i, i + 800)) - steady)).toBeLessThan(0.7);
    }
  });

  it('leaves few behind, however often a name is used while its earlier sounds still fade', () => {
    const mixer = new Mixer({ rateHz });
    for (let i = 0; i < 200; i++) {
      mixer.startLoop('ambient', hum, 0.1, 5000);
      const played = play(mixer, i % 3);
      if (played.length > 0) expect(levelDb(played)).toBeLessThan(-32 + 12);
      mixer.stopTrack('ambient', 60_000);
    }
    mixer.startLoop('ambient', hum, 0.1, 0);
    mixer.startLoop('ambient', whistle, 1, 0);
    play(mixer, 2);
    const played = play(mixer, 10);
    expect(toneLevelDb(played, 200, rateHz)).toBeLessThan(-80);
    expect(toneLevelDb(played, 1000, rateHz)).toBeCloseTo(-12, 1);
  });

  it('fades in and out with equal power, over the time asked for', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clipOf(new Int16Array(8000).fill(10_000)), 1, 200);
    const rising = play(mixer, 10);
    expect(rising[799]! / 10_000).toBeCloseTo(Math.SQRT1_2, 3);
    expect(rising[1599]).toBe(10_000);
    mixer.stopTrack('ambient', 100);
    const falling = play(mixer, 6);
    expect(falling[399]! / 10_000).toBeCloseTo(Math.SQRT1_2, 3);
    expect(falling.subarray(800).every((sample) => sample === 0)).toBe(true);
    expect(mixer.pull(new Int16Array(160))).toBe(false);
    expect(eventsOf(mixer)).toEqual([
      { kind: 'track-ended', track: 'ambient', soundId: 0, atSamples: 1600, cause: 'stopped' },
    ]);
  });

  it('never steps, whatever commands come between frames', () => {
    const command = fc.record({
      name: fc.constantFrom('gain', 'stop', 'start', 'duck', 'unduck', 'speak', 'hush'),
      value: fc.double({ min: 0, max: 1, noNaN: true }),
      ms: fc.constantFrom(0, 3, 20, 150),
      frames: fc.nat(3),
    });
    fc.assert(
      fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
        const mixer = new Mixer({ rateHz });
        const steady = clipOf(new Int16Array(1000).fill(10_000));
        const silence = clipOf(new Int16Array(8000));
        const played: number[] = [];
        for (const { name, value, ms, frames } of commands) {
          if (name === 'gain') mixer.setGain('ambient', value, ms);
          else if (name === 'stop') mixer.stopTrack('ambient', ms);
          else if (name === 'start') mixer.startLoop('ambient', steady, value, Math.max(ms, 20));
          else if (name === 'duck') mixer.setDucking('ambient', { depthDb: 12, attackMs: 30, releaseMs: 60 });
          else if (name === 'unduck') mixer.setDucking('ambient', undefined);
          else if (name === 'speak') mixer.queueClip(1, silence);
          else mixer.flushQueue();
          played.push(...play(mixer, frames));
        }
        for (let i = 1; i < played.length; i++) {
          expect(Math.abs(played[i]! - played[i - 1]!)).toBeLessThan(1200);
        }
      }),
    );
  });

  it('steps back under speech by the depth asked for, and comes back after it', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    mixer.setDucking('ambient', { depthDb: 12, attackMs: 40, releaseMs: 200 });
    expect(toneLevelDb(play(mixer, 10), 200, rateHz)).toBeCloseTo(-12, 1);
    mixer.queueClip(1, clipOf(whistle.samples.subarray(0, 4800)));
    play(mixer, 5);
    expect(toneLevelDb(play(mixer, 25), 200, rateHz)).toBeCloseTo(-24, 1);
    play(mixer, 12);
    expect(toneLevelDb(play(mixer, 25), 200, rateHz)).toBeCloseTo(-12, 1);
  });

  it('steps back under a live agent that speaks, not under one that streams silence', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    mixer.setDucking('ambient', { depthDb: 12, attackMs: 40, releaseMs: 200 });
    mixer.live.push(new Int16Array(8000), 0, 8000);
    expect(toneLevelDb(play(mixer, 50), 200, rateHz)).toBeCloseTo(-12, 1);
    mixer.live.push(whistle.samples, 0, 8000);
    play(mixer, 5);
    expect(toneLevelDb(play(mixer, 25), 200, rateHz)).toBeCloseTo(-24, 1);
  });
});
