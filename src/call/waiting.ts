import type { Timers } from '../clock.ts';

/** Resolves as `work` does, or with undefined as soon as nobody waits for it any more. */
export async function unlessAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  if (signal.aborted) return undefined;
  const aborted = new Promise<undefined>((resolve) =>
    signal.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
  return Promise.race([work, aborted]);
}

/** What comes until nobody waits for it any more, even when it never comes to an end by itself. */
export async function* untilAborted<Value>(
  values: AsyncIterable<Value>,
  signal: AbortSignal,
): AsyncGenerator<Value> {
  const iterator = values[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal);
      if (next === undefined || next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not waited for: one that hangs would hang here too.
    iterator.return?.().catch(() => undefined);
  }
}

/** Lets time pass, less when nobody waits for it any more. */
export async function pause(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timers.schedule(delayMs, resolve);
  await unlessAborted(promise, signal);
  cancel();
}
