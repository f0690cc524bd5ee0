import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { SwitchError } from '../errors.ts';
import { invariant } from '../invariant.ts';
import type { Logger } from '../logger.ts';
import type { MediaCommand } from '../media/command.ts';
import type { MediaLeg, MediaPlane, OpenLegOptions, WaitingPhone } from '../media/media-plane.ts';
import type {
  AudioSocketListener,
  LegId,
  MediaWorkerReport,
  MediaWorkerRequest,
  MediaWorkerSettings,
  MediaWorkerTotals,
  PhoneId,
} from '../media/worker-messages.ts';

export interface MediaPoolOptions {
  /** `auto` leaves one core to signalling. */
  readonly workers: number | 'auto';
  /** Shared out evenly between the workers; both bounds inclusive. */
  readonly portMin: number;
  readonly portMax: number;
  readonly ipv4: MediaAddress | undefined;
  readonly ipv6: MediaAddress | undefined;
  readonly silenceTimeoutMs: number;
  readonly log: Logger;
  /** Once a second from each worker. */
  readonly onTotals?: (workerIndex: number, totals: MediaWorkerTotals) => void;
  /** Someone calls over AudioSocket, at the listener of this index, and waits for a leg or to be refused. */
  readonly onPhone?: (phone: WaitingPhone, listener: number) => void;
  /** The worker's entry file; another one in tests. */
  readonly workerUrl?: URL;
}

export interface MediaAddress {
  /** `0.0.0.0` and `::` listen on every interface. */
  readonly bind: string;
  /** What SDP says: differs from `bind` behind NAT. */
  readonly advertised: string;
}

/** The media plane of the running service: legs live in worker threads, each call in the one with the fewest. */
export class MediaPool implements MediaPlane {
  readonly #options: MediaPoolOptions;
  readonly #workers: PooledWorker[];
  #lastLegId: LegId = 0;
  /** When legs that are being opened were asked for; the oldest first. */
  readonly #openings: Map<LegId, number> = new Map();

  constructor(options: MediaPoolOptions) {
    this.#options = options;
    const count = options.workers === 'auto' ? Math.max(1, availableParallelism() - 1) : options.workers;
    const firstPort = options.portMin + (options.portMin % 2);
    const pairs = Math.floor((options.portMax + 1 - firstPort) / 2);
    this.#workers = Array.from({ length: count }, (_, index) => {
      const portMin = firstPort + 2 * Math.floor((pairs * index) / count);
      const portMax = firstPort + 2 * Math.floor((pairs * (index + 1)) / count) - 1;
      return new PooledWorker(index, options, {
        portMin,
        portMax,
        bindAddressIpv4: options.ipv4?.bind,
        bindAddressIpv6: options.ipv6?.bind,
        silenceTimeoutMs: options.silenceTimeoutMs,
        slotMs: count > 1 ? 2 : 1,
      });
    });
  }

  get legs(): number {
    return this.#workers.reduce((sum, worker) => sum + worker.legs, 0);
  }

  /** For how long the oldest leg that is not open has been waiting for it. */
  longestOpeningMs(nowMs: number): number | undefined {
    for (const sinceMs of this.#openings.values()) return nowMs - sinceMs;
    return undefined;
  }

  async openLeg(options: OpenLegOptions): Promise<MediaLeg> {
    const address = options.family === 'ipv4' ? this.#options.ipv4 : this.#options.ipv6;
    if (address === undefined && options.phone === undefined) {
      throw new SwitchError('media-ports-exhausted', `no ${options.family} address is configured for media`);
    }
    let refusal = 'no media worker is running';
    for (const worker of this.#candidates(options)) {
      this.#lastLegId += 1;
      const legId = this.#lastLegId;
      this.#openings.set(legId, performance.now());
      const opening = await worker.open(legId, options, address?.advertised ?? '');
      this.#openings.delete(legId);
      if (typeof opening !== 'string') return opening;
      refusal = opening;
    }
    throw new SwitchError('media-ports-exhausted', refusal);
  }

  get workers(): number {
    return this.#workers.length;
  }

  /** Has every worker listen there, and nowhere else; resolves with what is in the way. */
  async listen(listeners: readonly AudioSocketListener[]): Promise<string | undefined> {
    const failures = await Promise.all(this.#workers.map((worker) => worker.listen(listeners)));
    return failures.find((failure) => failure !== undefined);
  }

  #candidates({ beside, phone }: OpenLegOptions): readonly PooledWorker[] {
    if (phone !== undefined) {
      invariant(phone instanceof PooledPhone, 'phones wait in one media plane');
      return [phone.worker];
    }
    if (beside === undefined) return this.#workers.toSorted((a, b) => a.legs - b.legs);
    invariant(beside instanceof PooledMediaLeg, 'legs are joined within one media plane');
    return [beside.worker];
  }

  /** Closes every leg that is left and resolves when the threads have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }
}

/** One place in the pool: a thread, started again when it dies, and the legs that live in it. */
class PooledWorker {
  readonly #index: number;
  readonly #pool: MediaPoolOptions;
  readonly #settings: MediaWorkerSettings;
  readonly #legs = new Map<LegId, PooledLeg>();
  #thread: Worker | undefined;
  #listeners: readonly AudioSocketListener[] = [];
  #onListening: ((failure: string | undefined) => void) | undefined;
  #startedAtMs = 0;
  #closing = false;

  constructor(index: number, pool: MediaPoolOptions, settings: MediaWorkerSettings) {
    this.#index = index;
    this.#pool = pool;
    this.#settings = settings;
    this.#start();
  }

  get legs(): number {
    return this.#legs.size;
  }

  /** Resolves with the leg, or with why this worker has no room for it. */
  open(legId: LegId, options: OpenLegOptions, localAddress: string): Promise<MediaLeg | string> {
    const thread = this.#thread;
    if (thread === undefined) return Promise.resolve('the media worker is being started again');
    const { phone } = options;
    if (phone instanceof PooledPhone && phone.thread !== thread)
      return Promise.resolve('the media worker died');
    return new Promise((settled) => {
      const leg: PooledLeg = { options, localAddress, settled, opened: false };
      this.#legs.set(legId, leg);
      const { callId, family, symmetricRtp } = options;
      const phoneId = phone instanceof PooledPhone ? phone.phoneId : undefined;
      post(thread, { kind: 'open', legId, callId, family, symmetricRtp, phoneId });
    });
  }

  /** Resolves with what is in the way. A worker that is started again listens again. */
  listen(listeners: readonly AudioSocketListener[]): Promise<string | undefined> {
    this.#listeners = listeners;
    const thread = this.#thread;
    if (thread === undefined) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#onListening = resolve;
      post(thread, { kind: 'listen', listeners });
    });
  }

  close(): Promise<void> {
    this.#closing = true;
    const thread = this.#thread;
    if (thread === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const overdue = setTimeout(() => thread.terminate(), CLOSE_WITHIN_MS);
      thread.once('exit', () => {
        clearTimeout(overdue);
        resolve();
      });
      post(thread, { kind: 'shut-down' });
    });
  }

  #start(): void {
    const url = this.#pool.workerUrl ?? new URL('../media-worker.ts', import.meta.url);
    const thread = new Worker(url, { workerData: this.#settings, name: `media ${this.#index}` });
    this.#thread = thread;
    this.#startedAtMs = performance.now();
    let cause: unknown;
    thread.on('error', (error) => {
      cause = error;
    });
    thread.on('message', (report: MediaWorkerReport) => this.#handle(thread, report));
    thread.on('exit', () => this.#lost(cause));
    if (this.#listeners.length > 0) post(thread, { kind: 'listen', listeners: this.#listeners });
  }

  #handle(thread: Worker, report: MediaWorkerReport): void {
    switch (report.kind) {
      case 'opened':
        this.#opened(thread, report);
        return;
      case 'refused': {
        const leg = this.#legs.get(report.legId);
        this.#legs.delete(report.legId);
        leg?.settled(report.detail);
        return;
      }
      case 'events':
        for (const { legId, event } of report.events) this.#legs.get(legId)?.options.onEvent(event);
        return;
      case 'closed':
        this.#legs.delete(report.legId);
        return;
      case 'listening':
        if (report.failure !== undefined)
          this.#pool.log.error(
            { worker: this.#index, reason: report.failure },
            'no AudioSocket can be heard',
          );
        this.#onListening?.(report.failure);
        return;
      case 'phone-calls':
        this.#pool.onPhone?.(new PooledPhone(this, thread, report), report.listener);
        return;
      case 'totals':
        this.#pool.onTotals?.(this.#index, report.totals);
        return;
    }
  }

  #opened(thread: Worker, report: Extract<MediaWorkerReport, { kind: 'opened' }>): void {
    const { legId, rtpPort, rtcpPort } = report;
    const leg = this.#legs.get(legId);
    if (leg === undefined) return;
    leg.opened = true;
    leg.settled(new PooledMediaLeg(this, thread, legId, leg.localAddress, rtpPort, rtcpPort));
  }

  /** The thread has ended. When nobody asked it to, its calls are told, and a new one takes its place. */
  #lost(cause: unknown): void {
    this.#thread = undefined;
    this.#onListening?.('the media worker died');
    const orphans = [...this.#legs.values()];
    this.#legs.clear();
    if (this.#closing) return;
    this.#pool.log.error({ err: cause, worker: this.#index, legs: orphans.length }, 'a media worker died');
    for (const leg of orphans) {
      if (leg.opened) leg.options.onEvent({ kind: 'failed', message: 'the media worker died' });
      else leg.settled('the media worker died');
    }
    const livedMs = performance.now() - this.#startedAtMs;
    setTimeout(
      () => {
        if (!this.#closing) this.#start();
      },
      livedMs < SHORT_LIFE_MS ? SHORT_LIFE_MS : 0,
    );
  }
}

class PooledMediaLeg implements MediaLeg {
  readonly worker: PooledWorker;
  readonly localAddress: string;
  readonly localPort: number;
  readonly localRtcpPort: number;
  readonly #thread: Worker;
  readonly #legId: LegId;

  constructor(
    worker: PooledWorker,
    thread: Worker,
    legId: LegId,
    localAddress: string,
    localPort: number,
    localRtcpPort: number,
  ) {
    this.worker = worker;
    this.localAddress = localAddress;
    this.localPort = localPort;
    this.localRtcpPort = localRtcpPort;
    this.#thread = thread;
    this.#legId = legId;
  }

  send(command: MediaCommand): void {
    post(this.#thread, { kind: 'command', legId: this.#legId, command });
  }

  join(other: MediaLeg | undefined): void {
    if (other === undefined) {
      post(this.#thread, { kind: 'join', legId: this.#legId, otherId: undefined });
      return;
    }
    invariant(
      other instanceof PooledMediaLeg && other.worker === this.worker,
      'a leg is joined with one beside it',
    );
    // Otherwise one of them was lost with its thread, and its call has been told.
    if (other.#thread === this.#thread)
      post(this.#thread, { kind: 'join', legId: this.#legId, otherId: other.#legId });
  }

  close(): void {
    post(this.#thread, { kind: 'close', legId: this.#legId });
  }
}

class PooledPhone implements WaitingPhone {
  readonly worker: PooledWorker;
  readonly thread: Worker;
  readonly phoneId: PhoneId;
  readonly uuid: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly codec: WaitingPhone['codec'];

  constructor(
    worker: PooledWorker,
    thread: Worker,
    { phoneId, uuid, remoteAddress, remotePort, codec }: Extract<MediaWorkerReport, { kind: 'phone-calls' }>,
  ) {
    this.worker = worker;
    this.thread = thread;
    this.phoneId = phoneId;
    this.uuid = uuid;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
    this.codec = codec;
  }

  refuse(): void {
    post(this.thread, { kind: 'refuse-phone', phoneId: this.phoneId });
  }
}

interface PooledLeg {
  readonly options: OpenLegOptions;
  readonly localAddress: string;
  readonly settled: (result: MediaLeg | string) => void;
  opened: boolean;
}

function post(thread: Worker, request: MediaWorkerRequest): void {
  thread.postMessage(request);
}

const CLOSE_WITHIN_MS = 2_000;
/** A worker that dies sooner is not started again at once, lest it spin. */
const SHORT_LIFE_MS = 1_000;
