import { describe, expect, it } from 'vitest';
import { tone, toneLevelDb } from '../support/audio.ts';
import { LegHarness } from '../support/leg-harness.ts';
import { clipOf } from '../support/mixing.ts';

const rateHz = 8000;
const hum = clipOf(tone(300, { rateHz, lengthSamples: 8000, levelDb: -12 }));

describe("a leg's tracks", () => {
  it('are muted, paused and ducked by command', () => {
    const harness = new LegHarness();
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: hum, gain: 1, fadeMs: 0 });
    harness.run(200);
    const switches = [
      (off: boolean) => harness.handle({ kind: 'mute-track', track: 'ambience', muted: off }),
      (off: boolean) => harness.handle({ kind: 'pause-track', track: 'ambience', paused: off }),
    ];
    for (const silence of switches) {
      silence(true);
      harness.run(200);
      expect(latest(harness, 160).every((sample) => sample === 0)).toBe(true);
      silence(false);
      harness.run(200);
      expect(toneLevelDb(latest(harness, 160), 300, rateHz)).toBeCloseTo(-12, 0);
    }
    const ducking = { depthDb: 12, attackMs: 20, releaseMs: 100 };
    harness.handle({ kind: 'set-ducking', track: 'ambience', ducking });
    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: clipOf(new Int16Array(4000)) });
    harness.run(400);
    expect(toneLevelDb(latest(harness, 320), 300, rateHz)).toBeCloseTo(-24, 0);
    harness.handle({ kind: 'set-ducking', track: 'ambience', ducking: undefined });
    harness.run(400);
    expect(toneLevelDb(latest(harness, 160), 300, rateHz)).toBeCloseTo(-12, 0);
  });

  it('tell which of their sounds ended, and why', () => {
    const harness = new LegHarness();
    const start = (soundId: number) =>
      harness.handle({ kind: 'start-loop', track: 'ambience', clip: hum, gain: 1, fadeMs: 20, soundId });
    start(1);
    harness.run(100);
    start(2);
    harness.run(100);
    harness.handle({ kind: 'stop-track', track: 'ambience', fadeMs: 20 });
    const short = clipOf(hum.samples.subarray(0, 800));
    harness.handle({ kind: 'start-clip', track: 'ding', clip: short, gain: 1, soundId: 3 });
    harness.run(200);
    expect(harness.eventsOf('track-ended')).toEqual([
      { kind: 'track-ended', track: 'ambience', soundId: 1, cause: 'replaced' },
      { kind: 'track-ended', track: 'ambience', soundId: 2, cause: 'stopped' },
      { kind: 'track-ended', track: 'ding', soundId: 3, cause: 'finished' },
    ]);
  });

  it('tell their levels as often as asked, until nobody asks', () => {
    const harness = new LegHarness();
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: hum, gain: 0.5, fadeMs: 0, soundId: 9 });
    harness.run(1000);
    expect(harness.eventsOf('track-levels')).toEqual([]);
    harness.handle({ kind: 'meter-tracks', everyMs: 100 });
    harness.run(1000);
    const told = harness.eventsOf('track-levels');
    expect(told).toHaveLength(10);
    const [level] = told.at(-1)!.levels;
    expect(level).toMatchObject({ track: 'ambience', soundId: 9, positionMs: 0 });
    expect(level!.peakDb).toBeCloseTo(-18, 0);
    harness.handle({ kind: 'meter-tracks', everyMs: 0 });
    harness.run(1000);
    expect(harness.eventsOf('track-levels')).toHaveLength(10);
  });
});

describe("the agent's voice, when it is watched", () => {
  it('is told to begin and to end, pauses between words bridged, and the ambience is no voice', () => {
    const harness = new LegHarness();
    harness.handle({ kind: 'start-loop', track: 'ambience', clip: hum, gain: 1, fadeMs: 0 });
    harness.handle({ kind: 'watch-voice', enabled: true });
    harness.run(400);
    expect(harness.eventsOf('voice')).toEqual([]);
    const word = clipOf(tone(1000, { rateHz, lengthSamples: 3200, levelDb: -12 }));
    harness.handle({ kind: 'queue-clip', playoutId: 1, clip: word });
    harness.run(600);
    harness.handle({ kind: 'queue-clip', playoutId: 2, clip: word });
    harness.run(400);
    expect(harness.eventsOf('voice')).toEqual([{ kind: 'voice', isSpeaking: true }]);
    harness.run(1000);
    expect(harness.eventsOf('voice').map(({ isSpeaking }) => isSpeaking)).toEqual([true, false]);
  });
});

function latest(harness: LegHarness, ms: number): Int16Array {
  return harness.heardByPhone().subarray(-ms * 8);
}
