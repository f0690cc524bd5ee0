import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../../src/speech/tts/work-queue.ts';

const never = new AbortController().signal;

function task() {
  let finish: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let started = false;
  const run = () => {
    started = true;
    return done;
  };
  return {
    run,
    finish: () => finish(),
    get started() {
      return started;
    },
  };
}

describe('the queue before an engine', () => {
  it('runs so many at a time, first in, first out', async () => {
    const queue = new WorkQueue({ concurrency: 1, limit: 5 });
    const [a, b, c] = [task(), task(), task()];
    const [first, second] = [queue.run(a.run, never), queue.run(b.run, never)];
    const third = queue.run(c.run, never);
    expect([a.started, b.started, c.started]).toEqual([true, false, false]);
    a.finish();
    await first;
    expect([b.started, c.started]).toEqual([true, false]);
    b.finish();
    await second;
    c.finish();
    await third;
  });

  it('refuses what would wait beyond its limit, and counts it', async () => {
    const queue = new WorkQueue({ concurrency: 1, limit: 1 });
    const [a, b] = [task(), task()];
    const running = [queue.run(a.run, never), queue.run(b.run, never)];
    await expect(queue.run(a.run, never)).rejects.toMatchObject({ code: 'speech-failed' });
    expect(queue.stats).toEqual({ waiting: 1, refused: 1 });
    a.finish();
    b.finish();
    await Promise.all(running);
    expect(queue.stats.waiting).toBe(0);
  });

  it('forgets a task whose caller has gone before its turn', async () => {
    const queue = new WorkQueue({ concurrency: 1, limit: 5 });
    const [a, b, c] = [task(), task(), task()];
    const first = queue.run(a.run, never);
    const abort = new AbortController();
    const second = queue.run(b.run, abort.signal);
    const third = queue.run(c.run, never);
    abort.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    a.finish();
    await first;
    expect([b.started, c.started]).toEqual([false, true]);
    c.finish();
    await third;
  });

  it('goes on after a task that fails', async () => {
    const queue = new WorkQueue({ concurrency: 1, limit: 5 });
    await expect(queue.run(() => Promise.reject(new Error('bad')), never)).rejects.toThrow('bad');
    await expect(queue.run(() => Promise.resolve(7), never)).resolves.toBe(7);
  });
});
