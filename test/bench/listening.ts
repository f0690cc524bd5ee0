/** What voice activity and turns cost in 20 ms of a call, in CPU time of the listening thread: `node test/bench/listening.ts`. */
import { SampleRing } from '../../src/audio/sample-ring.ts';
import { Ear } from '../../src/speech/turns/ear.ts';
import { EnergyModel } from '../../src/speech/vad/energy.ts';
import { SileroModel } from '../../src/speech/vad/silero.ts';
import type { VoiceActivityModel, VoiceLane } from '../../src/speech/vad/voice-activity.ts';
import { hiss, inARow, sentence, silence, throughMuLaw, together } from '../support/hearing.ts';

/** Four seconds. */
const FRAMES = 200;
const ROUNDS = 3;

const spoken = await sentence(
  'I would like to change my appointment to next Friday at three in the afternoon.',
);
const talking = inARow(spoken, silence(160));
const conversing = inARow(spoken, silence(spoken.length / 8));
const silero = await SileroModel.load();

for (const calls of [1, 4, 16, 100]) {
  await report(`everyone talks, ${calls} calls`, silero, talking, calls);
}
await report('everyone talks half of the time, 100 calls', silero, conversing, 100);
await report('nobody talks, 100 calls', silero, silence(4000), 100);
await report('by loudness alone, 100 calls', new EnergyModel(), talking, 100);

async function report(
  name: string,
  model: VoiceActivityModel,
  sound: Int16Array,
  calls: number,
): Promise<void> {
  const microseconds = await microsecondsPerFrame(model, sound, calls);
  const perCore = Math.floor(20_000 / microseconds);
  process.stdout.write(
    `${name.padEnd(46)}${microseconds.toFixed(1).padStart(8)} us  ${perCore} calls a core\n`,
  );
}

/** The best of some rounds of four seconds of call each: what disturbs a round only ever makes it slower. */
async function microsecondsPerFrame(
  model: VoiceActivityModel,
  sound: Int16Array,
  calls: number,
): Promise<number> {
  const line = throughMuLaw(together(sound, hiss(sound.length / 8, -65)));
  const ears = Array.from({ length: calls }, (_, index) => newEar(index * 1000));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let frame = 0; frame < FRAMES; frame++) {
      for (const ear of ears) ear.write(line);
      await hearAll(model, ears);
    }
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / (FRAMES * calls));
  }
  return best;
}

async function hearAll(model: VoiceActivityModel, ears: readonly BenchEar[]): Promise<void> {
  const taken: Ear[] = [];
  const lanes: VoiceLane[] = [];
  for (const { ear } of ears) {
    const next = ear.take();
    if (next === 'nothing') continue;
    taken.push(ear);
    if (next === 'model') lanes.push(ear.lane);
  }
  if (lanes.length > 0) await model.process(lanes, lanes.length);
  for (const ear of taken) ear.judge(0);
}

interface BenchEar {
  readonly ear: Ear;
  write(line: Int16Array): void;
}

/** Callers are in different places of the same sound. */
function newEar(offset: number): BenchEar {
  const ring = SampleRing.create(1024);
  const frame = new Int16Array(160);
  let at = offset;
  const ear = new Ear({
    ring: ring.buffer,
    settings: { provider: undefined, languages: [], vocabulary: [], endOfTurnSilenceMs: 700 },
    rules: {
      onsetMs: 32,
      onsetOverSpeechMs: 64,
      minimumSpeechMs: 96,
      maximumTurnMs: 25_000,
      endOfTurn: 'silence',
    },
    recognizerFor: () => ({ open: () => ({ write() {}, startTurn() {}, endTurn() {}, close() {} }) }),
    onEvent() {},
  });
  return {
    ear,
    write(line) {
      for (let i = 0; i < frame.length; i++) frame[i] = line[(at + i) % line.length]!;
      at = (at + frame.length) % line.length;
      ring.write(frame, -120);
    },
  };
}
