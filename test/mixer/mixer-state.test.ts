import { describe, expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { noise } from '../support/audio.ts';
import { clipOf, play } from '../support/mixing.ts';

const rateHz = 8000;
const ambience = clipOf(noise({ lengthSamples: 5000, seed: 3 }), rateHz, 'ambience');
const chime = clipOf(noise({ lengthSamples: 3000, seed: 4, peak: 4000 }), rateHz, 'chime');
const clips = new Map([ambience, chime].map((clip) => [clip.hash, clip]));

describe('the state of a mixer', () => {
  it('taken at any moment, sent as JSON and restored, goes on at the same sample', () => {
    for (const frames of [1, 7, 12, 40]) {
      const mixer = new Mixer({ rateHz });
      mixer.startLoop('ambient', ambience, 0.3, 0);
      mixer.startClip('chime', chime, 0.5);
      mixer.setGain('ambient', 0.5);
      play(mixer, frames);
      const state = JSON.parse(JSON.stringify(mixer.snapshot()));
      const restored = new Mixer({ rateHz });
      expect(restored.restore(state, clips)).toEqual([]);
      play(mixer, 1);
      play(restored, 1);
      expect(restored.snapshot()).toEqual(mixer.snapshot());
      expect(play(restored, 50)).toEqual(play(mixer, 50));
    }
  });

  it('fades in where it goes on, so that a restart is not a click', () => {
    const steady = clipOf(new Int16Array(4000).fill(10_000), rateHz, 'steady');
    const mixer = new Mixer({ rateHz });
    mixer.restore(
      {
        rateHz,
        tracks: [
          {
            track: 'ambient',
            kind: 'loop',
            clipHash: 'steady',
            positionSamples: 99,
            soundId: 0,
            gain: 1,
            muted: false,
            paused: false,
            ducking: undefined,
          },
        ],
      },
      new Map([['steady', steady]]),
    );
    const played = play(mixer, 2);
    expect(played[0]).toBeLessThan(200);
    expect(played[159]).toBe(10_000);
  });

  it('leaves out what is on its way out, and names what cannot be restored', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', ambience, 0.3, 0);
    mixer.startLoop('second', chime, 0.3, 0);
    play(mixer, 3);
    mixer.stopTrack('second', 1000);
    mixer.startLoop('ambient', chime, 0.4, 0);
    play(mixer, 3);
    const state = mixer.snapshot();
    expect(state.tracks).toMatchObject([{ track: 'ambient', kind: 'loop', clipHash: 'chime', gain: 0.4 }]);
    expect(new Mixer({ rateHz }).restore(state, new Map())).toEqual(['ambient']);
  });

  it('keeps its place in time when the call goes on at another rate', () => {
    const mixer = new Mixer({ rateHz });
    mixer.startLoop('ambient', ambience, 0.3, 0);
    play(mixer, 10);
    const wide = new Mixer({ rateHz: 16_000 });
    const resampled = clipOf(noise({ lengthSamples: 10_000, seed: 3 }), 16_000, 'ambience');
    wide.restore(mixer.snapshot(), new Map([['ambience', resampled]]));
    expect(wide.snapshot().tracks[0]!.positionSamples).toBe(3200);
  });
});
