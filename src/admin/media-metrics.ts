import type { MediaWorkerTotals } from '../media/worker-messages.ts';
import { BoundedLabels } from './bounded-labels.ts';
import type { Instruments } from './instruments.ts';

/** What the media workers tell of themselves once a second. */
export class MediaMetrics {
  readonly #workers: Map<number, MediaWorkerTotals> = new Map();

  constructor(instruments: Instruments) {
    const workers = this.#workers;
    const reasons = new BoundedLabels();
    const each = (take: (totals: MediaWorkerTotals, worker: string) => void): void => {
      for (const [index, totals] of workers) take(totals, String(index));
    };
    instruments.gauge('media_legs', 'Legs of each media worker.', ['worker'], (gauge) =>
      each(({ legs }, worker) => gauge.set({ worker }, legs)),
    );
    instruments.gauge('media_free_ports', 'Port pairs each media worker has left.', ['worker'], (gauge) =>
      each(({ freePorts }, worker) => gauge.set({ worker }, freePorts)),
    );
    instruments.gauge(
      'media_busy_ratio',
      'Share of the last second a media worker was awake.',
      ['worker'],
      (gauge) => each(({ busyShare }, worker) => gauge.set({ worker }, busyShare)),
    );
    instruments.gauge(
      'tick_lateness_seconds',
      'How late the last second was sent.',
      ['worker', 'quantile'],
      (gauge) =>
        each(({ tickLatenessMs: { p50, p99, max } }, worker) => {
          gauge.set({ worker, quantile: '0.5' }, p50 / 1000);
          gauge.set({ worker, quantile: '0.99' }, p99 / 1000);
          gauge.set({ worker, quantile: '1' }, max / 1000);
        }),
    );
    instruments.total('rtp_packets_total', 'RTP packets.', ['direction'], (counter) =>
      each(({ inboundPackets, outboundPackets }) => {
        counter.inc({ direction: 'inbound' }, inboundPackets);
        counter.inc({ direction: 'outbound' }, outboundPackets);
      }),
    );
    instruments.total(
      'media_dropped_total',
      'Datagrams on media ports not taken, by reason.',
      ['reason'],
      (counter) =>
        each(({ dropped }) => {
          for (const [reason, count] of reasons.sum(Object.entries(dropped))) counter.inc({ reason }, count);
        }),
    );
    instruments.total(
      'asterisk_connections_cut_total',
      'Connections of Asterisks (AudioSocket) that came to nothing or broke, by reason.',
      ['reason'],
      (counter) =>
        each(({ phonesCut }) => {
          for (const [reason, count] of Object.entries(phonesCut)) counter.inc({ reason }, count);
        }),
    );
    instruments.total(
      'audio_socket_dropped_total',
      'Pieces of callers that agents did not take in time.',
      [],
      (counter) => each(({ linesDropped }) => counter.inc(linesDropped)),
    );
  }

  take(workerIndex: number, totals: MediaWorkerTotals): void {
    this.#workers.set(workerIndex, totals);
  }
}
