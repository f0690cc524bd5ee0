import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { levelDb, noise, sharpestBend, tone } from '../support/audio.ts';
import { clipOf, eventsOf, play } from '../support/mixing.ts';

const rateHz = 8000;
const speech = tone(300, { rateHz, lengthSamples: 8000, levelDb: -12 });

describe('the playback queue', () => {
  it('plays items in order, without a gap, and tells each start and end to the sample', () => {
    const mixer = new Mixer({ rateHz });
    play(mixer, 2);
    mixer.queueClip(1, clipOf(speech.subarray(0, 1000)));
    mixer.queueClip(2, clipOf(speech.subarray(1000, 1777)));
    expect(play(mixer, 12).subarray(0, 1777)).toEqual(speech.subarray(0, 1777));
    expect(eventsOf(mixer)).toEqual([
      { kind: 'playout-started', playoutId: 1, atSamples: 320 },
      ended(1, 1320, 1000),
      { kind: 'playout-started', playoutId: 2, atSamples: 1320 },
      ended(2, 2097, 777),
    ]);
  });

  it('plays the same clip twice when it is queued twice', () => {
    const mixer = new Mixer({ rateHz });
    const clip = clipOf(speech.subarray(0, 240));
    mixer.queueClip(1, clip);
    mixer.queueClip(2, clip);
    expect(play(mixer, 3)).toEqual(Int16Array.of(...clip.samples, ...clip.samples));
  });

  it('loses and invents no sample, however speech is cut into items and pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(400), { maxLength: 5 }), { minLength: 1, maxLength: 6 }),
        (items) => {
          const mixer = new Mixer({ rateHz });
          let total = 0;
          items.forEach((pieces, playoutId) => {
            mixer.queueStream(playoutId);
            for (const length of pieces) {
              mixer.appendSamples(
                playoutId,
                noise({ lengthSamples: total + length, seed: 7 }).subarray(total),
              );
              total += length;
            }
            mixer.endStream(playoutId);
          });
          const frames = Math.ceil(total / 160) + 1;
          const played = play(mixer, frames);
          expect(played.subarray(0, total)).toEqual(noise({ lengthSamples: total, seed: 7 }));
          expect(played.subarray(total).every((sample) => sample === 0)).toBe(true);
          const lengths = items.map((pieces) => pieces.reduce((sum, length) => sum + length, 0));
          let at = 0;
          const expected = lengths.flatMap((length, playoutId) => {
            const started = { kind: 'playout-started', playoutId, atSamples: at };
            at += length;
            return [started, ended(playoutId, at, length)];
          });
          expect(eventsOf(mixer)).toEqual(expected);
        },
      ),
    );
  });

  it('plays an empty clip for no time, in its turn', () => {
    const mixer = new Mixer({ rateHz });
    mixer.queueClip(1, clipOf(speech.subarray(0, 100)));
    mixer.queueClip(2, clipOf(new Int16Array(0)));
    mixer.queueClip(3, clipOf(speech.subarray(100, 200)));
    play(mixer, 2);
    expect(eventsOf(mixer)).toEqual([
      { kind: 'playout-started', playoutId: 1, atSamples: 0 },
      ended(1, 100, 100),
      { kind: 'playout-started', playoutId: 2, atSamples: 100 },
      ended(2, 100, 0),
      { kind: 'playout-started', playoutId: 3, atSamples: 100 },
      ended(3, 200, 100),
    ]);
  });

  it('waits for the first samples of a stream before it calls it started', () => {
    const mixer = new Mixer({ rateHz });
    mixer.queueStream(1);
    mixer.queueClip(2, clipOf(speech.subarray(0, 160)));
    const frame = new Int16Array(160);
    expect(mixer.pull(frame)).toBe(true);
    expect(frame.every((sample) => sample === 0)).toBe(true);
    expect(mixer.takeEvents()).toBeUndefined();
    mixer.appendSamples(1, speech.subarray(0, 160));
    play(mixer, 1);
    expect(eventsOf(mixer)).toEqual([{ kind: 'playout-started', playoutId: 1, atSamples: 160 }]);
    expect(mixer.underrunSamples).toBe(0);
  });

  it('is silent while a stream runs dry, counts that, and goes on with what comes', () => {
    const mixer = new Mixer({ rateHz });
    mixer.queueStream(1);
    mixer.appendSamples(1, speech.subarray(0, 200));
    const dry = play(mixer, 3);
    expect(dry.subarray(0, 200)).toEqual(speech.subarray(0, 200));
    expect(dry.subarray(200).every((sample) => sample === 0)).toBe(true);
    mixer.appendSamples(1, speech.subarray(200, 360));
    expect(play(mixer, 1)).toEqual(speech.subarray(200, 360));
    expect(mixer.underrunSamples).toBe(480 - 200);
    play(mixer, 5);
    mixer.endStream(1);
    play(mixer, 1);
    expect(eventsOf(mixer).at(-1)).toEqual(ended(1, 640, 360));
    expect(mixer.underrunSamples).toBe(480 - 200);
  });

  it('cuts what plays within one frame, without a click, and forgets what waits', () => {
    const mixer = new Mixer({ rateHz });
    mixer.queueClip(1, clipOf(speech));
    mixer.queueClip(2, clipOf(speech));
    const before = play(mixer, 5);
    mixer.flushQueue();
    const after = play(mixer, 2);
    expect(after.subarray(40).every((sample) => sample === 0)).toBe(true);
    expect(levelDb(after.subarray(0, 20))).toBeGreaterThan(-30);
    const bend = sharpestBend(Int16Array.of(...before, ...after), 700);
    expect(bend).toBeLessThan(sharpestBend(before) * 1.5);
    expect(eventsOf(mixer)).toEqual([
      { kind: 'playout-started', playoutId: 1, atSamples: 0 },
      { ...ended(1, 800, 800), cause: 'flushed' },
    ]);
    expect(mixer.pull(new Int16Array(160))).toBe(false);
  });

  it('plays what is queued after a flush at once, and drops late samples of what was flushed', () => {
    const mixer = new Mixer({ rateHz });
    mixer.queueStream(1);
    mixer.appendSamples(1, speech);
    play(mixer, 5);
    mixer.flushQueue();
    mixer.queueClip(2, clipOf(speech.subarray(0, 320)));
    mixer.appendSamples(1, speech);
    mixer.endStream(1);
    expect(play(mixer, 2).subarray(40)).toEqual(speech.subarray(40, 320));
    expect(eventsOf(mixer).slice(2)).toEqual([
      { kind: 'playout-started', playoutId: 2, atSamples: 800 },
      ended(2, 1120, 320),
    ]);
  });

  it('gives no sound and no event for items flushed before they started', () => {
    const mixer = new Mixer({ rateHz });
    mixer.queueClip(1, clipOf(speech.subarray(0, 160)));
    play(mixer, 2);
    eventsOf(mixer);
    mixer.queueClip(2, clipOf(speech));
    mixer.queueStream(3);
    mixer.flushQueue();
    expect(play(mixer, 2).every((sample) => sample === 0)).toBe(true);
    expect(eventsOf(mixer)).toEqual([]);
  });
});

function ended(playoutId: number, atSamples: number, playedSamples: number): object {
  const playedMs = (playedSamples * 1000) / rateHz;
  return { kind: 'playout-ended', playoutId, atSamples, playedSamples, playedMs, cause: 'finished' };
}
