/** Entry of a media worker thread: joins its host to the thread's message port. No logic. */
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from './invariant.ts';
import type { MediaWorkerRequest, MediaWorkerSettings } from './media/worker-messages.ts';
import { MediaHost } from './media-worker/media-host.ts';
import { raiseThreadPriority } from './net/thread-priority.ts';
import { dgramBackend } from './net/udp.ts';

const port = parentPort;
invariant(port !== null, 'this file is the entry of a worker thread');

// Speech recognition may be late; a packet may not. Without the right to it, media takes its turn.
raiseThreadPriority(-10);

const host = new MediaHost(workerData as MediaWorkerSettings, dgramBackend, (report) =>
  port.postMessage(report),
);
port.on('message', (request: MediaWorkerRequest) => {
  // A rejection is a bug or a broken machine: it ends the thread, and the pool starts another.
  void host.handle(request);
  if (request.kind === 'shut-down') port.close();
});
