/** Entry of the listening worker thread: joins its host to the thread's message port. No logic. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from './clock.ts';
import { invariant } from './invariant.ts';
import { ListeningHost } from './listening-worker/listening-host.ts';
import { reportingLogger } from './listening-worker/reporting-logger.ts';
import type { ListeningWorkerRequest, ListeningWorkerSettings } from './speech/listening-messages.ts';
import { Recognizers } from './speech/stt/recognizers.ts';
import { loadVoiceActivityModel } from './speech/vad/load-model.ts';

const port = parentPort;
invariant(port !== null, 'this file is the entry of a worker thread');

const settings = workerData as ListeningWorkerSettings;
const log = reportingLogger((report) => port.postMessage(report));
const recognizers = new Recognizers(settings.recognition, { clock: systemClock, log });
recognizers.prepare();
const host = new ListeningHost({
  rules: settings.rules,
  recognizers,
  model: loadVoiceActivityModel(log),
  clock: systemClock,
  log,
  post: (report) => port.postMessage(report),
});
port.on('message', (request: ListeningWorkerRequest) => {
  host.handle(request);
  if (request.kind !== 'shut-down') return;
  port.close();
  // Its threads end with it; a rejection would end this one too.
  void recognizers.close();
});
