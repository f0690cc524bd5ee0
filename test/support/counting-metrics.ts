import type { AgentFailure, EndCause } from '../../src/agent/agent.ts';
import type { CallMetrics } from '../../src/call/metrics.ts';
import type { LegStats } from '../../src/media/command.ts';

/** Keeps what was counted, by name and label. */
export class CountingMetrics implements CallMetrics {
  readonly counts: Record<string, number> = {};
  lastLeg: LegStats | undefined;

  callOffered(): void {
    this.#count('offered');
  }

  callRefused(statusCode: number): void {
    this.#count(`refused ${statusCode}`);
  }

  callAnswered(): void {
    this.#count('answered');
  }

  callEnded(cause: EndCause): void {
    this.#count(`ended ${cause}`);
  }

  agentFailed(reason: AgentFailure): void {
    this.#count(`agent ${reason}`);
  }

  agentLineEnded(protocol: string, reason: string): void {
    this.#count(`line ${protocol} ${reason}`);
  }

  speechStarted(): void {
    this.#count('speech started');
  }

  speechFailed(): void {
    this.#count('speech failed');
  }

  turnEnded(outcome: 'words' | 'noise'): void {
    this.#count(`turn ${outcome}`);
  }

  replied(): void {
    this.#count('replied');
  }

  bargedIn(): void {
    this.#count('barged in');
  }

  listeningFailed(reason: string): void {
    this.#count(`listening ${reason}`);
  }

  outboundRefused(reason: string): void {
    this.#count(`outbound refused ${reason}`);
  }

  outboundCall(outcome: string): void {
    this.#count(`outbound ${outcome}`);
  }

  transferred(outcome: string): void {
    this.#count(`transfer ${outcome}`);
  }

  legClosed(stats: LegStats): void {
    this.lastLeg = stats;
    this.#count('leg closed');
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}
