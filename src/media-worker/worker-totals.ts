import type { DurationHistogram } from '../duration-histogram.ts';
import type { MediaWorkerTotals } from '../media/worker-messages.ts';
import type { Tick } from '../net/tick.ts';
import type { HostedLeg } from './hosted-leg.ts';

/** Adds up what a worker has done: its legs of now and those that are gone. */
export class WorkerTotals {
  readonly #tick: Tick;
  readonly #lateness: DurationHistogram;
  readonly #retired: Sums = { inboundPackets: 0, outboundPackets: 0, linesDropped: 0, dropped: {} };
  #busyMs = 0;
  #takenAtMs = performance.now();

  constructor(tick: Tick, lateness: DurationHistogram) {
    this.#tick = tick;
    this.#lateness = lateness;
  }

  /** The leg is closed: what it has counted stays in the sums. */
  retire(hosted: HostedLeg): void {
    addLeg(this.#retired, hosted);
  }

  /** Lateness and business are those since the last take. */
  take(legs: readonly HostedLeg[], freePorts: number): Omit<MediaWorkerTotals, 'phonesCut'> {
    const sums: Sums = { ...this.#retired, dropped: { ...this.#retired.dropped } };
    for (const hosted of legs) addLeg(sums, hosted);

    const nowMs = performance.now();
    const busyMs = this.#tick.busyMs;
    const busyShare = (busyMs - this.#busyMs) / (nowMs - this.#takenAtMs);
    this.#busyMs = busyMs;
    this.#takenAtMs = nowMs;

    const lateness = this.#lateness;
    const tickLatenessMs = {
      p50: lateness.quantileMs(0.5),
      p99: lateness.quantileMs(0.99),
      max: lateness.maxMs,
    };
    lateness.reset();
    return { legs: legs.length, freePorts, ...sums, tickLatenessMs, busyShare };
  }
}

interface Sums {
  inboundPackets: number;
  outboundPackets: number;
  linesDropped: number;
  dropped: Record<string, number>;
}

function addLeg(sums: Sums, hosted: HostedLeg): void {
  const { inbound, outbound } = hosted.leg.stats;
  sums.inboundPackets += inbound.packets;
  sums.outboundPackets += outbound.packets;
  sums.linesDropped += hosted.linesDropped;
  for (const reason in inbound.dropped) {
    sums.dropped[reason] = (sums.dropped[reason] ?? 0) + inbound.dropped[reason]!;
  }
}
