/** How well and how fast the built-in recogniser understands a clear synthetic voice over the telephone: `node test/bench/recognition.ts`. */
import { createResampler } from '../../src/audio/resampler.ts';
import { MoonshineModel, type MoonshineSize } from '../../src/speech/stt/moonshine/moonshine-model.ts';
import { hiss, inARow, sentence, silence, throughMuLaw, together } from '../support/hearing.ts';
import { wordErrors, wordsOf } from '../support/word-errors.ts';

const sentences = [
  'Yes, please.',
  'No, thank you.',
  'I would like to change my appointment.',
  'Can you transfer me to a human agent, please?',
  'What are your opening hours on Saturday?',
  'My account number is four seven one nine two zero.',
  'I am calling about the invoice from last month.',
  'Could you repeat that, please?',
  'I did not receive my package.',
  'My name is Martin and I live in London.',
  'I want to cancel my subscription.',
  'How much does it cost to send a letter to France?',
  'The internet connection in my house is not working.',
  'Please call me back tomorrow morning at nine.',
  'I have lost my credit card and need a new one.',
  'Is there a doctor available this afternoon?',
  'I would like to book a table for four people on Friday evening.',
  'Hold on, let me find a pen.',
  'That is correct.',
  'Where is the nearest train station?',
];

const ROUNDS = 3;

for (const size of ['base', 'tiny'] as const) await report(size);
process.stdout.write(
  `memory of the process with both models: ${Math.round(process.memoryUsage().rss / 1e6)} MB\n`,
);

async function report(size: MoonshineSize): Promise<void> {
  const loadMs = performance.now();
  const model = await MoonshineModel.load(size);
  process.stdout.write(`\nMoonshine ${size}, loaded in ${Math.round(performance.now() - loadMs)} ms\n`);
  for (const [voice, noiseDb] of [
    ['rms', undefined],
    ['slt', undefined],
    ['rms', -40],
    ['rms', -30],
  ] as const) {
    let errors = 0;
    let words = 0;
    for (const text of sentences) {
      const spoken = inARow(silence(300), await sentence(text, voice), silence(200));
      const line = noiseDb === undefined ? spoken : together(spoken, hiss(spoken.length / 8, noiseDb));
      errors += wordErrors(
        text,
        (await model.transcribe(atModelRate(throughMuLaw(line)), () => false)) ?? '',
      );
      words += wordsOf(text).length;
    }
    const noise = noiseDb === undefined ? 'no noise' : `noise of ${noiseDb} dBFS`;
    process.stdout.write(
      `  voice ${voice}, ${noise.padEnd(17)} ${((100 * errors) / words).toFixed(1).padStart(5)} % of ${words} words wrong\n`,
    );
  }
  for (const seconds of [1, 2, 4, 8, 16]) {
    const { wallMs, cpuMs } = await timeOf(model, seconds);
    const share = cpuMs / (seconds * 1000);
    process.stdout.write(
      `  ${String(seconds).padStart(2)} s of speech: ${Math.round(wallMs)} ms, ${Math.round(cpuMs)} ms of CPU (${share.toFixed(3)} of its length)\n`,
    );
  }
}

async function timeOf(model: MoonshineModel, seconds: number): Promise<{ wallMs: number; cpuMs: number }> {
  const parts = await Promise.all(sentences.slice(2).map((text) => sentence(text)));
  const samples = atModelRate(throughMuLaw(inARow(...parts).slice(0, seconds * 8000)));
  let best = { wallMs: Number.POSITIVE_INFINITY, cpuMs: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = performance.now();
    const before = process.cpuUsage();
    await model.transcribe(samples, () => false);
    const { user, system } = process.cpuUsage(before);
    const cpuMs = (user + system) / 1000;
    if (cpuMs < best.cpuMs) best = { wallMs: performance.now() - startMs, cpuMs };
  }
  return best;
}

function atModelRate(samples: Int16Array): Float32Array {
  const doubled = new Int16Array(samples.length * 2);
  const length = createResampler(8000, 16_000).process(samples, 0, samples.length, doubled, 0);
  return Float32Array.from(doubled.subarray(0, length), (sample) => sample / 32_768);
}
