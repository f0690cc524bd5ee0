import { describe, expect, it } from 'vitest';
import { SampleRing } from '../../src/audio/sample-ring.ts';
import { ListeningHost } from '../../src/listening-worker/listening-host.ts';
import type { ListeningWorkerReport } from '../../src/speech/listening-messages.ts';
import type { Recognizer } from '../../src/speech/stt/recognizer.ts';
import type { VoiceActivityModel } from '../../src/speech/vad/voice-activity.ts';
import { hiss } from '../support/hearing.ts';
import { recordingLogger } from '../support/recording-logger.ts';

describe('the listening worker', () => {
  it('judges the full windows of all callers in one run, and tells what it heard', async () => {
    const batches: number[] = [];
    const { host, settle, advance, events } = started(loud(batches));
    const rings = [1, 2, 3].map((earId) => listen(host, earId));
    await settle();
    for (const ring of rings) ring.write(noise(256), -120);
    await advance(16);
    expect(batches).toEqual([3]);
    expect(events()).toEqual([1, 2, 3].map((earId) => `${earId} speech-onset`));
  });

  it('catches up with all that waited while the model was being loaded', async () => {
    const batches: number[] = [];
    const { host, settle, events } = started(loud(batches));
    const ring = listen(host, 1);
    ring.write(noise(256 * 4), -120);
    await settle();
    expect(batches).toEqual([1, 1, 1, 1]);
    expect(events()).toEqual(['1 speech-onset']);
  });

  it('has no timer while there is nobody to listen to, and begins again with the next caller', async () => {
    const { host, settle, advance, pending, reports } = started(loud([]));
    expect(pending()).toBe(0);
    listen(host, 1);
    await settle();
    expect(pending()).toBe(1);
    host.handle({ kind: 'close', earId: 1 });
    await advance(16);
    expect(pending()).toBe(0);
    expect(reports.at(-1)).toMatchObject({ kind: 'totals', totals: { callers: 0 } });
    listen(host, 2);
    await settle();
    expect(pending()).toBe(1);
  });

  it('keeps to its grid, however long a round takes', async () => {
    const { host, settle, advance, waits, spend } = started({
      name: 'silero',
      process: () => Promise.resolve(spend(10)),
    });
    const ring = listen(host, 1);
    await settle();
    for (let round = 0; round < 3; round++) {
      ring.write(noise(256), -120);
      await advance(waits.at(-1)!);
    }
    expect(waits).toEqual([16, 6, 6, 6]);
  });

  it('says nothing more to a caller who left while the model was at work', async () => {
    let release = () => {};
    const { host, settle, advance, events } = started({
      name: 'silero',
      process(lanes) {
        lanes[0]!.probability = 1;
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    });
    const ring = listen(host, 1);
    await settle();
    ring.write(noise(256), -120);
    await advance(16);
    host.handle({ kind: 'close', earId: 1 });
    release();
    await settle();
    expect(events()).toEqual([]);
  });

  it('goes on by loudness when the model fails, and says so once', async () => {
    const { host, settle, advance, events, lines } = started({
      name: 'silero',
      process: () => Promise.reject(new Error('out of memory')),
    });
    const ring = listen(host, 1);
    await settle();
    for (let window = 0; window < 5; window++) {
      ring.write(noise(256), -120);
      await advance(16);
    }
    expect(lines.filter(({ level }) => level === 'error').length).toBe(1);
    expect(events()).toEqual(['1 speech-onset']);
  });
});

function listen(host: ListeningHost, earId: number): SampleRing {
  const ring = SampleRing.create(4096);
  const settings = { provider: undefined, languages: [], vocabulary: [], endOfTurnSilenceMs: 700 };
  host.handle({ kind: 'listen', earId, callId: `call ${earId}`, ring: ring.buffer, settings });
  return ring;
}

/** Takes everything for a voice. */
function loud(batches: number[]): VoiceActivityModel {
  return {
    name: 'silero',
    process(lanes, count) {
      batches.push(count);
      for (let i = 0; i < count; i++) lanes[i]!.probability = 1;
      return Promise.resolve();
    },
  };
}

function noise(samples: number): Int16Array {
  return hiss(samples / 8, -20);
}

/** A host in a time that stands still until it is advanced. */
function started(model: VoiceActivityModel) {
  const reports: ListeningWorkerReport[] = [];
  const { log, lines } = recordingLogger();
  const waiting: (() => void)[] = [];
  const waits: number[] = [];
  let nowMs = 0;
  const recognizer: Recognizer = {
    open: () => ({ write() {}, startTurn() {}, endTurn() {}, close() {} }),
  };
  const host = new ListeningHost({
    rules: {
      onsetMs: 32,
      onsetOverSpeechMs: 64,
      minimumSpeechMs: 96,
      maximumTurnMs: 25_000,
      endOfTurn: 'silence',
    },
    recognizers: {
      find: () => recognizer,
      stats: {
        waiting: 0,
        running: 0,
        transcribed: 0,
        refused: 0,
        skippedInterims: 0,
        latencyMs: { p50: 0, p99: 0, max: 0 },
      },
    },
    model: Promise.resolve(model),
    clock: {
      nowMs: () => nowMs,
      wallMs: () => nowMs,
      schedule(delayMs, action) {
        waits.push(delayMs);
        waiting.push(action);
        return () => {};
      },
    },
    log,
    post: (report) => reports.push(report),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    host,
    reports,
    lines,
    waits,
    settle,
    pending: () => waiting.length,
    spend: (ms: number) => {
      nowMs += ms;
    },
    async advance(ms: number) {
      nowMs += ms;
      for (const act of waiting.splice(0)) act();
      await settle();
    },
    events: () =>
      reports.flatMap((report) =>
        report.kind === 'events' ? report.events.map(({ earId, event }) => `${earId} ${event.kind}`) : [],
      ),
  };
}
