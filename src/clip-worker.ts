/** Thread entry: decodes sounds and makes them into clips, one after the other. `src/app/clip-pool.ts` asks it to. */
import { parentPort } from 'node:worker_threads';
import { invariant } from './invariant.ts';
import { answerClipRequest, type ClipRequest } from './sound/clip-maker.ts';

const port = parentPort;
invariant(port !== null, 'this file runs as a worker thread only');

// A request that throws ends the thread: the pool refuses the sound and starts another thread.
port.on('message', async (request: ClipRequest) => port.postMessage(await answerClipRequest(request)));
