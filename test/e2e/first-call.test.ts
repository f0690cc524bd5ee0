/** The first call, as a user makes it: `patchbay serve` in one process, `patchbay call` in another, judged by ear. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DemoEvent, demoTurn, initialDemoState } from '../../src/agent/demo/conversation.ts';
import { prepareClip } from '../../src/audio/prepare-clip.ts';
import { resampleClip } from '../../src/audio/resample-clip.ts';
import { parseWav } from '../../src/audio/wav.ts';
import type { CallReport } from '../../src/cli/call/report.ts';
import { systemClock } from '../../src/clock.ts';
import { createSynthesizer } from '../../src/speech/tts/create-synthesizer.ts';
import { levelDb } from '../support/audio.ts';
import { findInLoop, followSpeech, type Match, quietestAt } from '../support/recording.ts';
import { RecordingLogger } from '../support/recording-host.ts';
import { RunningSwitch, runPatchbay } from '../support/running-switch.ts';

const rateHz = 8000;
const frame = rateHz / 50;
/** Long enough for the greeting's first sentences. */
const gapMs = 5_500;

describe('the first call', () => {
  let heard: Int16Array;
  let report: CallReport;
  let exitCode: number | null;
  let greeting: Match[];
  let farewell: Match[];
  /** Another call that goes to the office and stays there in silence. */
  let visit: Int16Array;
  let house: RunningSwitch | undefined;

  beforeAll(async () => {
    house = await RunningSwitch.start();
    const [call, other] = await undisturbedCalls(house);
    ({ heard, report, exitCode } = call);
    visit = other.heard;
    const [welcome, goodbye] = await Promise.all([
      spoken({ type: 'session_start', session: { id: '1' } }),
      spoken({ type: 'dtmf_received', digit: '0', session: { id: '1' } }),
    ]);
    const latest = samplesOf(LATEST_GREETING_MS);
    const begin = followSpeech(heard, welcome.subarray(0, rateHz), rateHz, 0, latest)[0]!.at;
    // The second key interrupts the menu.
    const untilKey = welcome.subarray(0, samplesOf(gapMs - 400) - begin);
    greeting = followSpeech(heard, untilKey, rateHz, begin - frame, begin + frame);
    farewell = followSpeech(heard, goodbye, rateHz, samplesOf(2 * gapMs - 500), samplesOf(2 * gapMs + 1_500));
  }, LONGEST_CALLING_MS);
  afterAll(() => house?.stop());

  it('is answered, and ended by the switch after the farewell', () => {
    expect(exitCode).toBe(0);
    expect(report.outcome).toEqual({ kind: 'completed', by: 'remote' });
    expect(report.keys).toEqual({ pressed: '2,0', by: 'rtp' });
    expect(Math.abs(heard.length / rateHz - report.talkMs! / 1000)).toBeLessThan(0.1);
  });

  it('greets and takes leave word for word', () => {
    for (const words of [greeting, farewell]) {
      expect(words.length).toBeGreaterThan(10);
      expect(Math.min(...words.map(({ correlation }) => correlation))).toBeGreaterThan(0.75);
      expect(mean(words.map(({ correlation }) => correlation))).toBeGreaterThan(0.9);
    }
  });

  it('has the ambience in every 20 ms from the first word to the last', () => {
    const loop = Math.min(levelDb(quietIn('cafe').piece), levelDb(quietIn('office').piece));
    const frames: number[] = [];
    for (let at = greeting[0]!.at; at + frame <= farewell.at(-1)!.at; at += frame)
      frames.push(levelDb(heard.subarray(at, at + frame)));
    expect(frames.length).toBeGreaterThan(500);
    expect(Math.min(...frames) - loop).toBeGreaterThan(-10);
  });

  it('sounds like a cafe before the key, like an office after it, and like no other place', () => {
    for (const place of ['cafe', 'office'] as const) {
      const { piece } = quietIn(place);
      const likeness = (name: string) => findInLoop(piece, clipOf(name)).correlation;
      expect(likeness(place)).toBeGreaterThan(0.9);
      for (const other of ['cafe', 'office', 'rain', 'train-station'])
        if (other !== place) expect(likeness(other)).toBeLessThan(0.4);
    }
  });

  it('speaks well above the ambience, and does not clip', () => {
    const voice = levelDb(heard.subarray(greeting[0]!.at, greeting[0]!.at + rateHz));
    expect(voice - levelDb(quietIn('cafe').piece)).toBeGreaterThan(12);
    expect(report.heard!.peakDbfs).toBeLessThan(-1);
  });

  it('comes round to the beginning of the loop without a click', () => {
    const [from, to] = [samplesOf(4_500), samplesOf(7_900)];
    const at = quietestAt(visit, samplesOf(400), from, to);
    const piece = visit.subarray(at, at + samplesOf(400));
    const loop = clipOf('office');
    const { at: position, correlation } = findInLoop(piece, loop);
    expect(correlation).toBeGreaterThan(0.9);
    const seam = [0, 1].map((lap) => at - position + lap * loop.length).find((lap) => lap > from && lap < to);
    expect(seam).toBeDefined();
    // A playout that follows the network makes sound a little longer or shorter: the seam is near, not just there.
    const nearby = seamIn(loop, seam!, samplesOf(100));
    const { at: seamAt, start, match } = seamIn(loop, nearby.at, samplesOf(30));
    expect(match.correlation).toBeGreaterThan(0.9);
    const before = seamAt - frame;
    // A click hides among the sounds of a place, so what is heard is held against what should be: G.711 is 34 dB off.
    const around = visit.subarray(before, before + 2 * frame);
    const straddling = visit.subarray(start, start + samplesOf(60));
    const expected = loopStretch(loop, loop.length - frame, around.length);
    const gain = projection(straddling, loopStretch(loop, match.at, straddling.length));
    const difference = around.map((sample, i) => sample - Math.round(gain * expected[i]!));
    expect(levelDb(difference) - levelDb(around)).toBeLessThan(-25);
  });

  /** Where the loop ends and begins, near where it is expected: by so much sound on both sides. */
  function seamIn(
    loop: Int16Array,
    near: number,
    reach: number,
  ): { at: number; start: number; match: Match } {
    const start = near - reach;
    const match = findInLoop(visit.subarray(start, near + reach), loop);
    return { at: start + loop.length - match.at, start, match };
  }

  /** A pause in which only that place is to be heard. */
  function quietIn(place: 'cafe' | 'office'): { at: number; piece: Int16Array } {
    const [from, toMs, lengthMs] =
      place === 'cafe' ? [greeting[0]!.at, gapMs, 200] : [samplesOf(gapMs + 1_500), 2 * gapMs + 200, 400];
    const at = quietestAt(heard, samplesOf(lengthMs), from, samplesOf(toMs));
    return { at, piece: heard.subarray(at, at + samplesOf(lengthMs)) };
  }
});

interface Call {
  readonly heard: Int16Array;
  readonly report: CallReport;
  readonly exitCode: number | null;
}

async function undisturbedCalls(house: RunningSwitch): Promise<readonly [Call, Call]> {
  return Promise.all([
    undisturbed(() => callDemo(house.sipPort, ['--digits', '2,0', '--digit-gap-ms', String(gapMs)])),
    undisturbed(() => callDemo(house.sipPort, ['--digits', '2', '--digit-gap-ms', '300', '--duration', '8'])),
  ]);
}

/**
 * A recording made while the machine had no time for one end or the other says nothing of the switch. It is told and
 * made again, each call by itself: what disturbs every call is no chance, and fails.
 */
async function undisturbed(call: () => Promise<Call>): Promise<Call> {
  for (let attempt = 1; ; attempt++) {
    const made = await call();
    const disturbances = disturbancesOf(made.report);
    if (disturbances.length === 0) return made;
    if (attempt === MOST_ATTEMPTS) throw new Error(`every call was disturbed: ${disturbances.join('; ')}`);
    process.stderr.write(`called again: ${disturbances.join('; ')}\n`);
  }
}

/**
 * What harms a recording, and nothing that is merely late: ticks that either end left out, which is told by packets
 * that are not there though none was lost, and sound that was made up.
 */
function disturbancesOf({ talkMs, media }: CallReport): string[] {
  // Not answered: that is for the tests to say.
  if (talkMs === undefined || media === undefined) return [];
  const { inbound, outbound } = media;
  const missingMs = (packets: number): number => Math.round(talkMs - packets * 20);
  return [
    missingMs(inbound.packets + inbound.lost) > MOST_MISSING_MS &&
      `the switch left out ${missingMs(inbound.packets + inbound.lost)} ms`,
    missingMs(outbound.packets) > MOST_MISSING_MS && `the caller left out ${missingMs(outbound.packets)} ms`,
    inbound.concealedMs > 20 && `${inbound.concealedMs} ms were concealed`,
  ].filter((disturbance) => disturbance !== false);
}

async function callDemo(port: number, keys: readonly string[]): Promise<Call> {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-'));
  try {
    const wav = join(folder, 'heard.wav');
    const parameters = ['call', `sip:demo@127.0.0.1:${port}`, ...keys, '--record', wav, '--json'];
    const { code, output, errors } = await runPatchbay(parameters);
    if (output === '') throw new Error(`no report: ${errors}`);
    const recorded = parseWav(readFileSync(wav));
    if (!recorded.ok) throw new Error(recorded.reason);
    expect(recorded.value.rateHz).toBe(rateHz);
    return { heard: recorded.value.samples, report: JSON.parse(output), exitCode: code };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the demo says to an event, in its own voice at the telephone's rate. */
async function spoken(event: DemoEvent): Promise<Int16Array> {
  const silent = { cafe: '', office: '', 'train-station': '', rain: '' };
  const action = demoTurn(event, initialDemoState, silent).actions.find(({ type }) => type === 'speak');
  const synthesizer = createSynthesizer({ log: new RecordingLogger(), timers: systemClock });
  try {
    const script = { text: String(action?.['text']), format: 'text' } as const;
    const voice = { provider: undefined, language: undefined, voice: undefined };
    const samples: number[] = [];
    let madeAtHz = rateHz;
    for await (const chunk of synthesizer.synthesize({ script, voice }, new AbortController().signal)) {
      madeAtHz = chunk.rateHz;
      for (const sample of chunk.samples) samples.push(sample);
    }
    return resampleClip(Int16Array.from(samples), madeAtHz, rateHz);
  } finally {
    await synthesizer.close();
  }
}

function clipOf(name: string): Int16Array {
  const octets = readFileSync(resolve(import.meta.dirname, `../../config/sounds/${name}.wav`));
  const prepared = prepareClip(octets, rateHz);
  if (!prepared.ok) throw new Error(prepared.reason);
  return prepared.value.samples;
}

function loopStretch(loop: Int16Array, from: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => loop[(from + i) % loop.length]!);
}

/** How much of `reference` is in `samples`. */
function projection(samples: Int16Array, reference: Int16Array): number {
  let product = 0;
  let energy = 0;
  for (let i = 0; i < samples.length; i++) {
    product += samples[i]! * reference[i]!;
    energy += reference[i]! ** 2;
  }
  return product / energy;
}

function samplesOf(durationMs: number): number {
  return (durationMs * rateHz) / 1000;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Less than the shortest that is left out (100 ms), and more than the first and the last packet are off by. */
const MOST_MISSING_MS = 60;
const MOST_ATTEMPTS = 5;
/** The voice waits for the processor like everybody else. */
const LATEST_GREETING_MS = 2_500;
const LONGEST_CALLING_MS = 200_000;
