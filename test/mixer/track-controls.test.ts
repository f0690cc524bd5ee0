import { describe, expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { levelDb, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { clipOf, eventsOf, play } from '../support/mixing.ts';

const rateHz = 8000;
const hum = clipOf(tone(200, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz, 'hum');
const whistle = clipOf(tone(1000, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz, 'whistle');

describe('a muted track', () => {
  it('goes on unheard, and comes back where it would have been', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    const before = play(mixer, 10);
    mixer.setMuted('ambient', true);
    const muted = play(mixer, 10);
    mixer.setMuted('ambient', false);
    const after = play(mixer, 10);
    expect(muted.subarray(80).every((sample) => sample === 0)).toBe(true);
    expect(after.subarray(80)).toEqual(hum.samples.subarray(3200 + 80, 4800));
    expect(sharpestBend(Int16Array.of(...before, ...muted, ...after))).toBeLessThan(
      sharpestBend(hum.samples) * 1.5,
    );
  });

  it('takes a gain that is heard when it is no longer muted', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    mixer.setMuted('ambient', true);
    mixer.setGain('ambient', 0.5);
    expect(levelDb(play(mixer, 10))).toBeLessThan(-100);
    mixer.setMuted('ambient', false);
    play(mixer, 1);
    expect(toneLevelDb(play(mixer, 20), 200, rateHz)).toBeCloseTo(-18, 0);
  });

  it('stays muted when its sound is replaced', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    mixer.setMuted('ambient', true);
    play(mixer, 5);
    mixer.startLoop('ambient', whistle, 1, 0);
    expect(levelDb(play(mixer, 10))).toBeLessThan(-100);
  });
});

describe('a paused track', () => {
  it('stands still and goes on where it was, without a click', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    const before = play(mixer, 10);
    mixer.setPaused('ambient', true);
    const paused = play(mixer, 10);
    const position = mixer.snapshot().tracks[0]!.positionSamples;
    play(mixer, 30);
    expect(mixer.snapshot().tracks[0]!.positionSamples).toBe(position);
    mixer.setPaused('ambient', false);
    const after = play(mixer, 10);
    expect(position).toBe(1600 + 40);
    expect(after.subarray(40)).toEqual(hum.samples.subarray(position + 40, position + 1600));
    expect(sharpestBend(Int16Array.of(...before, ...paused, ...after))).toBeLessThan(
      sharpestBend(hum.samples) * 2.5,
    );
  });

  it('that has not begun begins when it is resumed', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startClip('chime', clipOf(hum.samples.subarray(0, 800)), 1);
    mixer.setPaused('chime', true);
    expect(levelDb(play(mixer, 20))).toBeLessThan(-100);
    expect(eventsOf(mixer)).toEqual([]);
    mixer.setPaused('chime', false);
    play(mixer, 20);
    expect(eventsOf(mixer)).toMatchObject([{ kind: 'track-ended', cause: 'finished' }]);
  });

  it('can be stopped, and is forgotten at once', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', hum, 1, 0);
    play(mixer, 5);
    mixer.setPaused('ambient', true);
    play(mixer, 5);
    mixer.stopTrack('ambient', 5000);
    expect(mixer.pull(new Int16Array(160))).toBe(false);
  });
});

describe('what a mixer keeps of its tracks', () => {
  it('includes what is muted and what is paused', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('hum', hum, 0.5, 0, 0, 4);
    mixer.startLoop('whistle', whistle, 1, 0, 0, 5);
    play(mixer, 3);
    mixer.setMuted('hum', true);
    mixer.setPaused('whistle', true);
    play(mixer, 3);
    const state = mixer.snapshot();
    expect(state.tracks).toMatchObject([
      { soundId: 4, gain: 0.5, muted: true, paused: false },
      { soundId: 5, gain: 1, muted: false, paused: true },
    ]);
    const restored = new Mixer({ rateHz });
    restored.restore(
      state,
      new Map([
        ['hum', hum],
        ['whistle', whistle],
      ]),
    );
    expect(levelDb(play(restored, 10))).toBeLessThan(-100);
    restored.setMuted('hum', false);
    play(restored, 1);
    expect(toneLevelDb(play(restored, 20), 200, rateHz)).toBeCloseTo(-18, 0);
  });
});

describe('the meters', () => {
  it('read what each track adds, gain, fades and ducking included', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('hum', hum, 0.5, 0, 0, 1);
    mixer.startLoop('whistle', whistle, 1, 0, 0, 2);
    mixer.setDucking('whistle', { depthDb: 12, attackMs: 20, releaseMs: 20 });
    mixer.meterTracks(true);
    play(mixer, 50);
    const [quietHum, freeWhistle] = mixer.readLevels();
    // A sine's effective value lies 3 dB below its peak.
    expect(quietHum).toMatchObject({ track: 'hum', soundId: 1, positionMs: 0 });
    expect(quietHum!.rmsDb).toBeCloseTo(-21, 0);
    expect(quietHum!.peakDb).toBeCloseTo(-18, 0);
    expect(freeWhistle!.peakDb).toBeCloseTo(-12, 0);
    mixer.queueClip(1, clipOf(new Int16Array(8000)));
    play(mixer, 5);
    mixer.readLevels();
    play(mixer, 20);
    expect(mixer.readLevels()[1]!.peakDb).toBeCloseTo(-24, 0);
    mixer.setMuted('hum', true);
    play(mixer, 1);
    mixer.readLevels();
    play(mixer, 10);
    expect(mixer.readLevels()[0]).toMatchObject({ rmsDb: -120, peakDb: -120 });
  });

  it('change nothing of what is heard, and read nothing when nobody asked', () => {
    const mixers = [true, false].map((metered) => {
      const mixer = new Mixer({ rateHz });
      mixer.meterTracks(metered);
      mixer.startLoop('hum', hum, 0.4, 100);
      mixer.startLoop('whistle', whistle, 3, 0);
      return mixer;
    });
    const [metered, plain] = mixers.map((mixer) => play(mixer, 60));
    expect(metered).toEqual(plain);
    expect(mixers[1]!.readLevels()).toEqual([]);
  });
});

describe('ducking', () => {
  it('follows its curve: down within the attack, up within the release, by the depth', () => {
    const level = clipOf(new Int16Array(8000).fill(10_000));
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', level, 1, 0);
    mixer.setDucking('ambient', { depthDb: 12, attackMs: 100, releaseMs: 400 });
    play(mixer, 5);
    mixer.queueClip(1, clipOf(new Int16Array(8000)));
    const down = play(mixer, 50);
    const up = play(mixer, 50);
    const ducked = 10 ** (-12 / 20);
    const gainAt = (samples: Int16Array, ms: number) => samples[ms * 8]! / 10_000;
    // The speech begins with a frame, so the ducking does.
    for (const [ms, gain] of [
      [0, 1],
      [50, (1 + ducked) / 2],
      [100, ducked],
      [990, ducked],
    ] as const)
      expect(gainAt(down, ms)).toBeCloseTo(gain, 2);
    for (const [ms, gain] of [
      [0, ducked],
      [200, (1 + ducked) / 2],
      [400, 1],
    ] as const)
      expect(gainAt(up, ms)).toBeCloseTo(gain, 1);
  });
});
