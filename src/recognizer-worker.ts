/** Thread entry: transcribes with Moonshine what `src/speech/stt/moonshine/decoder-thread.ts` asks for. */
import { parentPort, workerData } from 'node:worker_threads';
import { createResampler } from './audio/resampler.ts';
import { invariant } from './invariant.ts';
import type { DecodeAnswer, DecodeRequest, DecoderData } from './speech/stt/moonshine/decoder-thread.ts';
import { MoonshineModel } from './speech/stt/moonshine/moonshine-model.ts';

const port = parentPort;
invariant(port !== null, 'this file runs as a worker thread only');

const { size, abandoned } = workerData as DecoderData;
// A model that cannot be loaded ends the thread with the reason.
const model = await MoonshineModel.load(size);

port.on('message', async (request: DecodeRequest) => {
  port.postMessage(await answer(request));
});

async function answer({ id, samples, rateHz }: DecodeRequest): Promise<DecodeAnswer> {
  const startMs = performance.now();
  try {
    const text = await model.transcribe(
      atModelRate(samples, rateHz),
      () => Atomics.load(abandoned, 0) === id,
    );
    return { id, text, decodeMs: performance.now() - startMs };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

function atModelRate(samples: Int16Array, rateHz: number): Float32Array {
  const resampler = createResampler(rateHz, MODEL_RATE_HZ);
  const resampled = new Int16Array((samples.length * MODEL_RATE_HZ) / rateHz);
  const length = resampler.process(samples, 0, samples.length, resampled, 0);
  return Float32Array.from(resampled.subarray(0, length), (sample) => sample / 32_768);
}

const MODEL_RATE_HZ = 16_000;
