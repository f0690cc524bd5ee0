/** A clip worker that never answers what begins with 1, dies of what begins with 2, and refuses the rest. */
import { parentPort } from 'node:worker_threads';
import type { ClipRequest } from '../../src/sound/clip-maker.ts';

parentPort?.on('message', ({ id, octets }: ClipRequest) => {
  if (octets[0] === 1) for (;;);
  if (octets[0] === 2) throw new Error('a decoder read beyond its memory');
  parentPort?.postMessage({ id, ok: false, reason: 'not-a-sound' });
});
