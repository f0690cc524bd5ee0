import type { Clip } from '../../src/audio/clip.ts';
import type { Mixer } from '../../src/mixer/mixer.ts';
import type { MixerEvent } from '../../src/mixer/mixer-event.ts';

/** Samples as a clip; `hash` only has to be unlike the others of the test. */
export function clipOf(samples: Int16Array, rateHz = 8000, hash = 'test'): Clip {
  const shared = new Int16Array(new SharedArrayBuffer(samples.length * 2));
  shared.set(samples);
  return { hash, rateHz, samples: shared };
}

/** What a mixer plays in the next so many frames of 20 ms. */
export function play(mixer: Mixer, frames: number): Int16Array {
  const frame = new Int16Array(mixer.rateHz / 50);
  const played = new Int16Array(frames * frame.length);
  for (let i = 0; i < frames; i++) {
    mixer.pull(frame);
    played.set(frame, i * frame.length);
  }
  return played;
}

/** A mixer's events since the last look. */
export function eventsOf(mixer: Mixer): readonly MixerEvent[] {
  return mixer.takeEvents() ?? [];
}
