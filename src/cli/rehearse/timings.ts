import type { AppMetrics, ExchangeOutcome } from '../../agent/app-metrics.ts';
import type { CallMetrics } from '../../call/metrics.ts';

/** How quick the app was: what a caller would notice first. */
export class Timings implements CallMetrics, AppMetrics {
  /** Of a webhook: from the event to the answer. */
  readonly answersMs: number[] = [];
  /** From the end of the caller's words to the first sound of the reply. */
  readonly repliesMs: number[] = [];
  agentFailures = 0;

  exchanged(_outcome: ExchangeOutcome, elapsedMs: number): void {
    this.answersMs.push(elapsedMs);
  }

  replied(elapsedMs: number): void {
    this.repliesMs.push(elapsedMs);
  }

  agentFailed(): void {
    this.agentFailures += 1;
  }

  agentLineEnded(): void {}
  warned(): void {}
  reconnected(): void {}
  callOffered(): void {}
  callRefused(): void {}
  callAnswered(): void {}
  callEnded(): void {}
  speechStarted(): void {}
  speechFailed(): void {}
  turnEnded(): void {}
  bargedIn(): void {}
  listeningFailed(): void {}
  outboundRefused(): void {}
  outboundCall(): void {}
  transferred(): void {}
  legClosed(): void {}

  /** A line for each that was measured. */
  get text(): string {
    return [
      shown('answers of the webhook', this.answersMs),
      shown("replies, from the end of the caller's words to their first sound", this.repliesMs),
    ].join('');
  }
}

function shown(what: string, timesMs: readonly number[]): string {
  if (timesMs.length === 0) return '';
  const sorted = timesMs.toSorted((a, b) => a - b);
  const median = Math.round(sorted[Math.floor(sorted.length / 2)]!);
  return `${timesMs.length} ${what}: ${median} ms in the middle, ${Math.round(sorted.at(-1)!)} ms at most\n`;
}
