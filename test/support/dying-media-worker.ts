/** A media worker with a bug: it dies of the command `pause`. */
import { parentPort } from 'node:worker_threads';
import type { MediaWorkerRequest } from '../../src/media/worker-messages.ts';
import '../../src/media-worker.ts';

parentPort?.on('message', (request: MediaWorkerRequest) => {
  if (request.kind === 'command' && request.command.kind === 'pause') throw new Error('a bug');
});
