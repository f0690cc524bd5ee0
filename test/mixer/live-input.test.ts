import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { noise, sharpestBend, tone } from '../support/audio.ts';
import { play } from '../support/mixing.ts';

const rateHz = 8000;

describe('the live input', () => {
  it('plays what is pushed, in any portions, once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 30 }), (portions) => {
        const mixer = new Mixer({ rateHz });
        const total = portions.reduce((sum, length) => sum + length, 0);
        const sound = noise({ lengthSamples: total });
        let pushed = 0;
        const played: number[] = [];
        for (const length of portions) {
          mixer.live.push(sound, pushed, length);
          pushed += length;
          const queued = Math.min(160, mixer.live.queuedSamples);
          played.push(...play(mixer, 1).subarray(0, queued));
        }
        const rest = mixer.live.queuedSamples;
        played.push(...play(mixer, Math.ceil(rest / 160)).subarray(0, rest));
        expect(Int16Array.from(played)).toEqual(sound);
      }),
    );
  });

  it('holds as much as it may, and drops and counts the rest', () => {
    const mixer = new Mixer({ rateHz, liveLimitMs: 1000 });
    const sound = noise({ lengthSamples: 9000 });
    mixer.live.push(sound, 0, 5000);
    mixer.live.push(sound, 5000, 4000);
    expect(mixer.live.queuedMs).toBe(1000);
    expect(mixer.live.droppedSamples).toBe(1000);
    expect(play(mixer, 50)).toEqual(sound.subarray(0, 8000));
  });

  it('stops within 5 ms of a flush, without a click', () => {
    const mixer = new Mixer({ rateHz });
    const sound = tone(300, { rateHz, lengthSamples: 8000, levelDb: -12 });
    mixer.live.push(sound, 0, 8000);
    const before = play(mixer, 5);
    mixer.live.flush();
    const after = play(mixer, 2);
    expect(after.subarray(40).every((sample) => sample === 0)).toBe(true);
    expect(sharpestBend(Int16Array.of(...before, ...after))).toBeLessThan(sharpestBend(before) * 1.5);
    expect(mixer.live.queuedSamples).toBe(0);
  });

  it('plays nothing of what was flushed before it was heard', () => {
    const mixer = new Mixer({ rateHz });
    mixer.live.push(noise({ lengthSamples: 800 }), 0, 800);
    mixer.live.flush();
    expect(mixer.pull(new Int16Array(160))).toBe(false);
  });
});
