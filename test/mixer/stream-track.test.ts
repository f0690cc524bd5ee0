import { describe, expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { levelDb, sharpestBend, tone, toneLevelDb } from '../support/audio.ts';
import { clipOf, eventsOf, play } from '../support/mixing.ts';

const rateHz = 8000;
const sound = tone(500, { rateHz, lengthSamples: 800, levelDb: -12 });

describe('a track whose sound comes piece by piece', () => {
  it('plays the pieces without a gap, then ends', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startStream('radio', 0.5, 0);
    for (let at = 0; at < sound.length; at += 100)
      mixer.trackStream('radio')?.append(sound.slice(at, at + 100));
    mixer.trackStream('radio')?.complete();
    const played = play(mixer, 6);
    expect([...played.subarray(0, 800)]).toEqual([...sound].map((sample) => Math.round(sample * 0.5)));
    expect(levelDb(played.subarray(800))).toBeLessThan(-90);
    expect(eventsOf(mixer)).toMatchObject([
      { kind: 'track-ended', track: 'radio', cause: 'finished', atSamples: 800 },
    ]);
  });

  it('is silent while a piece is late, and goes on where it was', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startStream('radio', 1, 0);
    mixer.trackStream('radio')?.append(sound.slice(0, 320));
    const early = play(mixer, 3);
    mixer.trackStream('radio')?.append(sound.slice(320));
    const late = play(mixer, 2);
    expect([...early.subarray(0, 320)]).toEqual([...sound.subarray(0, 320)]);
    expect([...early.subarray(320)].every((sample) => sample === 0)).toBe(true);
    expect([...late]).toEqual([...sound.subarray(320, 640)]);
  });

  it('crosses over from a loop of its name, and back', () => {
    const mixer = new Mixer({ rateHz });
    const loop = clipOf(tone(300, { rateHz, lengthSamples: 8000, levelDb: -12 }), rateHz);
    mixer.startLoop('ambience', loop, 1, 20);
    play(mixer, 10);
    mixer.startStream('ambience', 1, 20);
    mixer.trackStream('ambience')?.append(tone(1000, { rateHz, lengthSamples: 8000, levelDb: -12 }));
    const streamed = play(mixer, 20);
    expect(toneLevelDb(streamed.subarray(320), 1000, rateHz)).toBeCloseTo(-12, 0);
    expect(toneLevelDb(streamed.subarray(320), 300, rateHz)).toBeLessThan(-60);
    mixer.startLoop('ambience', loop, 1, 20);
    expect(mixer.trackStream('ambience')).toBeUndefined();
    const looped = play(mixer, 20);
    expect(toneLevelDb(looped.subarray(320), 300, rateHz)).toBeCloseTo(-12, 0);
    expect(
      sharpestBend(Int16Array.from([...streamed.subarray(-160), ...looped.subarray(0, 320)])),
    ).toBeLessThan(12_000);
  });

  it('is no part of what is kept of a mixer', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startStream('radio', 1, 0);
    mixer.startLoop('ambience', clipOf(sound), 1, 0);
    expect(mixer.snapshot().tracks.map(({ track }) => track)).toEqual(['ambience']);
  });
});

describe('a loop that begins elsewhere than at its first sample', () => {
  it('goes on from there and wraps as ever', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambience', clipOf(sound), 1, 0, 480);
    const played = play(mixer, 4);
    expect([...played.subarray(0, 320)]).toEqual([...sound.subarray(480)]);
    expect([...played.subarray(320)]).toEqual([...sound.subarray(0, 320)]);
  });
});
