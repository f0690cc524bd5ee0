import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/invariant.ts';
import { Mixer } from '../../src/mixer/mixer.ts';
import { levelDb, noise, tone, toneLevelDb } from '../support/audio.ts';
import { clipOf, eventsOf, play } from '../support/mixing.ts';

const rateHz = 8000;
const second = (frequencyHz: number, levelDb: number) =>
  tone(frequencyHz, { rateHz, lengthSamples: rateHz, levelDb });

describe('the mixer', () => {
  it('is silent and says so when nothing plays', () => {
    const mixer = new Mixer({ rateHz });
    const frame = new Int16Array(160).fill(99);
    expect(mixer.pull(frame)).toBe(false);
    expect(frame.every((sample) => sample === 0)).toBe(true);
    expect(mixer.positionSamples).toBe(160);
    expect(mixer.takeEvents()).toBeUndefined();
  });

  it('plays a loop under speech, each at its own level', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clipOf(second(440, -20)), 0.5, 0);
    mixer.queueClip(1, clipOf(second(1000, -12)));
    const played = play(mixer, 50);
    expect(toneLevelDb(played, 440, rateHz)).toBeCloseTo(-26.02, 1);
    expect(toneLevelDb(played, 1000, rateHz)).toBeCloseTo(-12, 1);
  });

  it('amplifies all but the tracks, moves there without a step, and never wraps round', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clipOf(second(440, -20)), 1, 0);
    mixer.queueClip(1, clipOf(second(1000, -12)));
    mixer.live.push(second(2000, -20), 0, rateHz);
    const before = play(mixer, 10);
    mixer.amplify(2);
    const ramp = play(mixer, 1);
    const after = play(mixer, 20);
    const levels = (played: Int16Array) =>
      [440, 1000, 2000].map((hz) => Math.round(toneLevelDb(played, hz, rateHz)));
    expect([levels(before), levels(after)]).toEqual([
      [-20, -12, -20],
      [-20, -6, -14],
    ]);
    expect(levelDb(ramp)).toBeGreaterThan(levelDb(before));
    expect(levelDb(ramp)).toBeLessThan(levelDb(after));
    mixer.amplify(300);
    const loudest = play(mixer, 10);
    const steps = [...loudest].map((sample, i) => Math.abs(sample - (loudest[i - 1] ?? sample)));
    // Limited: a sum that wrapped round would leap by the whole range.
    expect(Math.max(...steps)).toBeLessThan(60_000);
  });

  it('is not idle while it amplifies, so that nothing passes it by', () => {
    const mixer = new Mixer({ rateHz });
    expect(mixer.isIdle).toBe(true);
    mixer.amplify(2);
    expect(mixer.isIdle).toBe(false);
    mixer.joined.push(second(1000, -12), 0, 160);
    play(mixer, 1);
    mixer.amplify(1);
    mixer.joined.push(second(1000, -12), 0, 160);
    play(mixer, 1);
    expect(mixer.isIdle).toBe(true);
  });

  it('keeps the loop going before, under and after speech, without a frame of silence', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', clipOf(second(440, -20)), 1, 0);
    const before = play(mixer, 10);
    mixer.queueClip(1, clipOf(second(1000, -12).subarray(0, 1600)));
    const under = play(mixer, 10);
    const after = play(mixer, 10);
    for (const stretch of [before, under, after])
      expect(toneLevelDb(stretch, 440, rateHz)).toBeCloseTo(-20, 0);
    expect(toneLevelDb(after, 1000, rateHz)).toBeLessThan(-80);
  });

  it('passes speech alone bit for bit, full scale included', () => {
    const mixer = new Mixer({ rateHz });
    const speech = noise({ lengthSamples: 1600, peak: 40_000 });
    mixer.queueClip(1, clipOf(speech));
    expect(play(mixer, 10)).toEqual(speech);
  });

  it('passes the live input alone bit for bit, full scale included', () => {
    const mixer = new Mixer({ rateHz });
    const speech = noise({ lengthSamples: 1600, peak: 40_000 });
    mixer.live.push(speech, 0, speech.length);
    expect(play(mixer, 10)).toEqual(speech);
  });

  it('adds tracks as numbers when there is room for them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.int16Array({ minLength: 160, maxLength: 160 }), { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (sounds, gain) => {
          const mixer = new Mixer({ rateHz });
          sounds.forEach((samples, i) => {
            mixer.startClip(`track ${i}`, clipOf(samples), gain);
          });
          const played = play(mixer, 1);
          for (let i = 0; i < 160; i++) {
            const sum = sounds.reduce((total, samples) => total + samples[i]! * gain, 0);
            expect(Math.abs(played[i]! - sum)).toBeLessThanOrEqual(0.5 + 1e-6);
          }
        },
      ),
    );
  });

  it('bends twenty tracks at +20 dB into full scale and never wraps', () => {
    const mixer = new Mixer({ rateHz });
    const sound = second(50, -1);
    for (let i = 0; i < 20; i++) mixer.startLoop(`track ${i}`, clipOf(sound), 10, 0);
    const played = play(mixer, 50);
    for (let i = 0; i < played.length; i++) {
      if (Math.abs(sound[i]!) > 500) expect(Math.sign(played[i]!)).toBe(Math.sign(sound[i]!));
    }
    expect(levelDb(played)).toBeGreaterThan(2.5);
  });

  it('tells the end of a clip to the sample, once', () => {
    const mixer = new Mixer({ rateHz });
    play(mixer, 3);
    mixer.startClip('chime', clipOf(second(440, -20).subarray(0, 1000)), 1);
    play(mixer, 20);
    expect(eventsOf(mixer)).toEqual([
      { kind: 'track-ended', track: 'chime', soundId: 0, atSamples: 480 + 1000, cause: 'finished' },
    ]);
    expect(mixer.pull(new Int16Array(160))).toBe(false);
  });

  it('refuses a clip of another rate as a bug', () => {
    const mixer = new Mixer({ rateHz });
    const clip = clipOf(second(440, -20), 16_000);
    expect(() => mixer.startLoop('ambient', clip, 1, 0)).toThrow(InvariantError);
    expect(() => mixer.queueClip(1, clip)).toThrow(InvariantError);
  });

  it('says when a command names a track that is not there', () => {
    const mixer = new Mixer({ rateHz });
    expect(mixer.setGain('nothing', 1)).toBe(false);
    expect(mixer.stopTrack('nothing', 10)).toBe(false);
    expect(mixer.setDucking('nothing', undefined)).toBe(false);
  });
});
