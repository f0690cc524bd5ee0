/**
 * What an ambience costs: microseconds for each 20 ms of a looping track, and the memory of many calls that loop the
 * same clip. `node --expose-gc test/bench/ambience.ts` for a steadier memory.
 */
import { memoryUsage } from 'node:process';
import { Leg } from '../../src/media/leg.ts';
import { Mixer } from '../../src/mixer/mixer.ts';
import type { NegotiatedAudio } from '../../src/sdp/negotiated.ts';
import { noise } from '../support/audio.ts';
import { clipOf } from '../support/mixing.ts';
import { CALLS, microsecondsPerFrame, reportLine } from './measure.ts';

const rateHz = 8000;
const clip = clipOf(noise({ lengthSamples: 30 * rateHz, peak: 3000 }), rateHz);
const speech = noise({ lengthSamples: 160, peak: 3000 });
const frame = new Int16Array(160);
const DUCKING = { depthDb: 12, attackMs: 100, releaseMs: 400 };
const audio: NegotiatedAudio = {
  codec: 'PCMU',
  payloadType: 0,
  telephoneEventPayloadType: 101,
  comfortNoisePayloadType: undefined,
  remoteAddress: '192.0.2.1',
  remotePort: 4000,
  remoteRtcpPort: 4001,
  rtcpMux: false,
  direction: 'sendrecv',
  remotePtimeMs: 20,
};

const without = measure(() => undefined);
const steady = measure((mixer) => mixer.startLoop('ambience', clip, 0.3, 0));
reportLine('speech alone', without);
reportLine('speech and a looping track', steady);
reportLine('what the track adds', steady - without);
const variants: [string, (mixer: Mixer) => void][] = [
  ['the same at full level', (mixer) => mixer.startLoop('ambience', clip, 1, 0)],
  ['muted', (mixer) => setUp(mixer, () => mixer.setMuted('ambience', true))],
  ['paused', (mixer) => setUp(mixer, () => mixer.setPaused('ambience', true))],
  ['ducked', (mixer) => setUp(mixer, () => mixer.setDucking('ambience', DUCKING))],
  ['with a meter', (mixer) => setUp(mixer, () => mixer.meterTracks(true))],
];
for (const [name, act] of variants) reportLine(`  ${name} adds`, measure(act) - without);

// Compiled, and the heap grown, before anything is weighed.
legs(CALLS, true);
const rows = [false, true, false, true].map((withAmbience) => {
  const before = memory();
  const kept = legs(CALLS, withAmbience);
  const after = memory();
  return { withAmbience, kept, rss: after.rss - before.rss, heap: after.heap - before.heap };
});
for (const { withAmbience, rss, heap, kept } of rows)
  process.stdout.write(
    `${kept.length} more legs ${withAmbience ? 'that loop the same 30 s' : 'without an ambience'}: ` +
      `RSS +${megabytes(rss)}, of it heap +${megabytes(heap)}\n`,
  );
const { length: octets } = new Uint8Array(clip.samples.buffer);
process.stdout.write(
  `the clip is ${megabytes(octets)}; a copy for each of ${CALLS} would be ${megabytes(CALLS * octets)}\n`,
);

function measure(act: (mixer: Mixer) => void): number {
  const mixers = Array.from({ length: CALLS }, () => {
    const mixer = new Mixer({ rateHz });
    act(mixer);
    return mixer;
  });
  return microsecondsPerFrame((call) => {
    const mixer = mixers[call]!;
    mixer.live.push(speech, 0, 160);
    mixer.pull(frame);
  });
}

function setUp(mixer: Mixer, act: () => void): void {
  mixer.startLoop('ambience', clip, 0.3, 0);
  act();
}

function legs(count: number, withAmbience: boolean): Leg[] {
  return Array.from({ length: count }, (_, index) => {
    const leg = new Leg(
      {
        symmetricRtp: false,
        silenceTimeoutMs: 30_000,
        epochAtZeroMs: 0,
        cname: `${index}`,
        random: () => 0.5,
      },
      0,
    );
    leg.handle({ kind: 'negotiate', audio }, 0);
    if (withAmbience) leg.handle({ kind: 'start-loop', track: 'ambience', clip, gain: 0.3, fadeMs: 20 }, 0);
    for (let tick = 1; tick <= 100; tick++) leg.tick(tick * 20);
    leg.takeEvents();
    return leg;
  });
}

function memory(): { readonly rss: number; readonly heap: number } {
  globalThis.gc?.();
  const { rss, heapUsed } = memoryUsage();
  return { rss, heap: heapUsed };
}

function megabytes(octets: number): string {
  return `${(octets / 2 ** 20).toFixed(1)} MB`;
}
