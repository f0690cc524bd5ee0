/** Stands in for the listening worker: dies when a caller's vocabulary says so, and hears speech when it has not. */
import { parentPort } from 'node:worker_threads';
import type { ListeningWorkerReport, ListeningWorkerRequest } from '../../src/speech/listening-messages.ts';

const post = (report: ListeningWorkerReport) => parentPort?.postMessage(report);

parentPort?.on('message', (request: ListeningWorkerRequest) => {
  if (request.kind === 'configure') throw new Error('died as it was told to');
  if (request.kind === 'shut-down') parentPort?.close();
  if (request.kind === 'listen' && request.settings.vocabulary.includes('die')) {
    post({ kind: 'events', events: [{ earId: request.earId, event: { kind: 'speech-onset' } }] });
  }
});
