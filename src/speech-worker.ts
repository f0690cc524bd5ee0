/** Thread entry: speaks with flite what `src/speech/tts/flite.ts` asks for, one sentence after the other. */
import { parentPort } from 'node:worker_threads';
import { invariant } from './invariant.ts';
import type { FliteAnswer, FliteRequest } from './speech/tts/flite.ts';
import { FliteProgram } from './speech/tts/flite-program.ts';

const port = parentPort;
invariant(port !== null, 'this file runs as a worker thread only');

const program = await FliteProgram.load();
port.on('message', (request: FliteRequest) => {
  const answer = speak(request);
  port.postMessage(answer, 'samples' in answer ? [answer.samples.buffer as ArrayBuffer] : []);
});

function speak({ id, text, voice, rate }: FliteRequest): FliteAnswer {
  try {
    const { samples, rateHz } = program.speak(text, voice, rate);
    return { id, samples, rateHz };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
