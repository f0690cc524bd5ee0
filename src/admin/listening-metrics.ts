import type { Instruments } from './instruments.ts';

/** What the listening worker tells of itself once a second. */
export interface ListeningCounts {
  readonly callers: number;
  readonly windows: number;
  readonly modelWindows: number;
  readonly batchMs: Quantiles;
  readonly recognizer: {
    readonly waiting: number;
    readonly running: number;
    readonly transcribed: number;
    readonly refused: number;
    readonly skippedInterims: number;
    readonly latencyMs: Quantiles;
  };
}

interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Nothing is told before anyone was listened to. */
export function observeListening(instruments: Instruments, read: () => ListeningCounts | undefined): void {
  const gauge = (name: string, help: string, take: (counts: ListeningCounts) => number): void =>
    instruments.gauge(name, help, [], (it) => {
      const counts = read();
      if (counts !== undefined) it.set(take(counts));
    });
  const total = (name: string, help: string, take: (counts: ListeningCounts) => number): void =>
    instruments.total(name, help, [], (it) => {
      const counts = read();
      if (counts !== undefined) it.inc(take(counts));
    });
  const quantiles = (name: string, help: string, take: (counts: ListeningCounts) => Quantiles): void =>
    instruments.gauge(name, help, ['quantile'], (it) => {
      const counts = read();
      if (counts === undefined) return;
      const { p50, p99, max } = take(counts);
      it.set({ quantile: '0.5' }, p50 / 1000);
      it.set({ quantile: '0.99' }, p99 / 1000);
      it.set({ quantile: '1' }, max / 1000);
    });
  gauge('listening_callers', 'Callers who are listened to.', ({ callers }) => callers);
  total('listening_windows_total', 'Windows of 32 ms that were heard.', ({ windows }) => windows);
  total(
    'listening_model_windows_total',
    'Windows that the voice model had to look at.',
    ({ modelWindows }) => modelWindows,
  );
  quantiles(
    'listening_batch_seconds',
    'How long the voice model took in the last second.',
    ({ batchMs }) => batchMs,
  );
  gauge(
    'recognizer_waiting',
    'Utterances that wait for the built-in recogniser.',
    ({ recognizer }) => recognizer.waiting,
  );
  gauge(
    'recognizer_running',
    'Utterances that the built-in recogniser is at.',
    ({ recognizer }) => recognizer.running,
  );
  instruments.total(
    'recognizer_utterances_total',
    'Utterances for the built-in recogniser, by what became of them.',
    ['outcome'],
    (it) => {
      const recognizer = read()?.recognizer;
      if (recognizer === undefined) return;
      it.inc({ outcome: 'transcribed' }, recognizer.transcribed);
      it.inc({ outcome: 'refused' }, recognizer.refused);
      it.inc({ outcome: 'interim-skipped' }, recognizer.skippedInterims);
    },
  );
  quantiles(
    'recognizer_latency_seconds',
    'From asking the built-in recogniser for an utterance to its text.',
    ({ recognizer }) => recognizer.latencyMs,
  );
}
