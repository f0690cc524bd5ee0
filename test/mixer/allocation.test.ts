import { memoryUsage } from 'node:process';
import { expect, it } from 'vitest';
import { Mixer } from '../../src/mixer/mixer.ts';
import { noise } from '../support/audio.ts';
import { clipOf } from '../support/mixing.ts';

const rateHz = 8000;

it('a mixer that plays speech, live input and loops allocates nothing per pull', () => {
  const mixer = new Mixer({ rateHz });
  const speech = noise({ lengthSamples: 160 });
  for (const track of ['one', 'two', 'three']) {
    mixer.startLoop(track, clipOf(noise({ lengthSamples: 9000 }), rateHz, track), 0.3, 0);
  }
  mixer.setDucking('one', { depthDb: 6, attackMs: 30, releaseMs: 100 });
  mixer.queueClip(1, clipOf(new Int16Array(2 ** 23)));
  const frame = new Int16Array(160);

  // The first rounds run before the compiler has got to it; a collection in a round makes its growth negative.
  let frugal = 0;
  for (let round = 0; round < 60 && frugal < 3; round++) {
    const before = memoryUsage().heapUsed;
    for (let i = 0; i < PULLS; i++) {
      mixer.live.push(speech, 0, 160);
      mixer.pull(frame);
      mixer.takeEvents();
    }
    const growth = memoryUsage().heapUsed - before;
    frugal = growth >= 0 && growth < OCTETS_PER_PULL * PULLS ? frugal + 1 : 0;
  }
  expect(frugal).toBe(3);
});

const PULLS = 2000;
/** Less than one boxed number for each of the tracks. */
const OCTETS_PER_PULL = 16;
