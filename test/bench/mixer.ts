/** What a 20 ms frame costs to mix, at 8 kHz unless said: `node test/bench/mixer.ts`. */
import { Mixer } from '../../src/mixer/mixer.ts';
import { noise } from '../support/audio.ts';
import { clipOf } from '../support/mixing.ts';
import { CALLS, microsecondsPerFrame, reportLine } from './measure.ts';

const loudness = { quiet: 3000, loud: 32_767 };

const idle = measure(8000, 0, 'none', loudness.quiet);
reportLine('nothing', idle);
const live = measure(8000, 0, 'live', loudness.quiet);
reportLine('live input', live);
reportLine('speech from the queue', measure(8000, 0, 'queue', loudness.quiet), { live });
for (const tracks of [1, 3, 10]) {
  reportLine(`${tracks} loops and live input`, measure(8000, tracks, 'live', loudness.quiet), { live });
}
reportLine('3 loops and live input, limiting', measure(8000, 3, 'live', loudness.loud), { live });
reportLine('1 loop and live input, 16 kHz', measure(16_000, 1, 'live', loudness.quiet), { live });

function measure(rateHz: number, tracks: number, voice: 'none' | 'live' | 'queue', peak: number): number {
  const frameSamples = rateHz / 50;
  const frame = new Int16Array(frameSamples);
  const speech = noise({ lengthSamples: frameSamples, peak });
  const loops = Array.from({ length: tracks }, (_, seed) =>
    clipOf(noise({ lengthSamples: 10 * rateHz, peak, seed }), rateHz, `loop ${seed}`),
  );
  const long = clipOf(noise({ lengthSamples: 60 * rateHz, peak }), rateHz);
  const mixers = Array.from({ length: CALLS }, (_, call) => {
    const mixer = new Mixer({ rateHz });
    for (const loop of loops) mixer.startLoop(loop.hash, loop, 0.3, 0);
    if (voice === 'queue') mixer.queueClip(call, long);
    return mixer;
  });
  return microsecondsPerFrame((call) => {
    const mixer = mixers[call]!;
    if (voice === 'live') mixer.live.push(speech, 0, frameSamples);
    mixer.pull(frame);
    mixer.takeEvents();
  });
}
