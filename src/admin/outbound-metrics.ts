import type { TransferOutcome } from '../call/metrics.ts';
import type { Instruments } from './instruments.ts';

/** Calls of ours to others, and what became of callers who were passed on. */
export class OutboundMetrics {
  readonly #refused;
  readonly #calls;
  readonly #transfers;

  constructor(instruments: Instruments) {
    this.#refused = instruments.counter(
      'outbound_refused_total',
      'Calls to others that were not even tried, by reason.',
      'reason',
    );
    this.#calls = instruments.counter(
      'outbound_calls_total',
      'Calls to others, by what became of them.',
      'outcome',
    );
    this.#transfers = instruments.counter(
      'transfers_total',
      'Callers passed on, by what became of it.',
      'outcome',
    );
  }

  refused(reason: string): void {
    this.#refused.inc({ reason });
  }

  called(outcome: string): void {
    this.#calls.inc({ outcome });
  }

  transferred(outcome: TransferOutcome): void {
    this.#transfers.inc({ outcome });
  }
}
