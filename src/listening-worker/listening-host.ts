import type { Clock, Timers } from '../clock.ts';
import { DurationHistogram } from '../duration-histogram.ts';
import type { Logger } from '../logger.ts';
import type { HearingEvent } from '../speech/listener.ts';
import type {
  EarEvent,
  EarId,
  ListeningTotals,
  ListeningWorkerReport,
  ListeningWorkerRequest,
} from '../speech/listening-messages.ts';
import type { Recognizers } from '../speech/stt/recognizers.ts';
import { Ear, type EarRules } from '../speech/turns/ear.ts';
import { EnergyModel } from '../speech/vad/energy.ts';
import type { VoiceActivityModel, VoiceLane } from '../speech/vad/voice-activity.ts';

export interface ListeningHostOptions {
  readonly rules: EarRules;
  readonly recognizers: Pick<Recognizers, 'find' | 'stats'>;
  /** Until it is there, what callers say waits in their rings. */
  readonly model: Promise<VoiceActivityModel>;
  readonly clock: Clock & Timers;
  readonly log: Logger;
  readonly post: (report: ListeningWorkerReport) => void;
}

/** The inside of the listening worker: all its ears, and the beat on which it looks into their rings. */
export class ListeningHost {
  readonly #options: ListeningHostOptions;
  readonly #ears = new Map<EarId, Ear>();
  readonly #batchMs = new DurationHistogram({ bucketsPerMs: 20, longestMs: 100 });
  /** Used again in each round: the ears with a full window, and the lanes for the model. */
  readonly #taken: Ear[] = [];
  readonly #lanes: VoiceLane[] = [];
  #model: VoiceActivityModel | undefined = undefined;
  #listening = false;
  #unsaid: EarEvent[] = [];
  #windows = 0;
  #modelWindows = 0;
  #totalsDueMs = 0;

  constructor(options: ListeningHostOptions) {
    this.#options = options;
  }

  handle(request: ListeningWorkerRequest): void {
    switch (request.kind) {
      case 'listen':
        this.#listen(request);
        return;
      case 'configure':
        this.#ears.get(request.earId)?.configure(request.settings);
        this.#flush();
        return;
      case 'close':
        this.#ears.get(request.earId)?.close();
        this.#ears.delete(request.earId);
        return;
      case 'shut-down':
        for (const ear of this.#ears.values()) ear.close();
        this.#ears.clear();
        return;
    }
  }

  #listen({ earId, ring, settings, callId }: Extract<ListeningWorkerRequest, { kind: 'listen' }>): void {
    const { rules, recognizers, log } = this.#options;
    const ear = new Ear({
      ring,
      settings,
      rules,
      recognizerFor: (provider) => recognizers.find(provider),
      onEvent: (event) => this.#say(earId, event),
    });
    this.#ears.set(earId, ear);
    log.debug({ callId, model: this.#model?.name ?? 'loading' }, 'a caller is listened to');
    // A rejection is a bug: it ends the thread, and the pool starts another.
    if (!this.#listening) void this.#keepListening();
  }

  /** On a grid of its own while there is anyone to listen to; without a timer otherwise. */
  async #keepListening(): Promise<void> {
    const { clock, model } = this.#options;
    this.#listening = true;
    this.#model = await model;
    let nextMs = clock.nowMs();
    while (this.#ears.size > 0) {
      await this.#round();
      const nowMs = clock.nowMs();
      if (nowMs >= this.#totalsDueMs) this.#tellTotals(nowMs);
      nextMs = Math.max(nextMs + POLL_MS, nowMs);
      const waitMs = nextMs - nowMs;
      await new Promise<void>((resolve) => clock.schedule(waitMs, resolve));
    }
    this.#listening = false;
    this.#tellTotals(clock.nowMs());
  }

  /** Hears what has come in since the last round, one window of every ear at a time. */
  async #round(): Promise<void> {
    for (let taken = await this.#hearWindows(); taken > 0; taken = await this.#hearWindows()) {
      this.#windows += taken;
    }
    const nowMs = this.#options.clock.nowMs();
    for (const ear of this.#ears.values()) ear.handleTimeout(nowMs);
    this.#flush();
  }

  async #hearWindows(): Promise<number> {
    let taken = 0;
    let lanes = 0;
    for (const ear of this.#ears.values()) {
      const next = ear.take();
      if (next === 'nothing') continue;
      this.#taken[taken++] = ear;
      if (next === 'model') this.#lanes[lanes++] = ear.lane;
    }
    if (lanes > 0) await this.#askModel(lanes);
    const nowMs = this.#options.clock.nowMs();
    for (let i = 0; i < taken; i++) this.#taken[i]!.judge(nowMs);
    this.#taken.length = 0;
    this.#lanes.length = 0;
    return taken;
  }

  async #askModel(count: number): Promise<void> {
    const { clock, log } = this.#options;
    const startMs = clock.nowMs();
    try {
      await this.#model?.process(this.#lanes, count);
    } catch (error) {
      log.error({ error: String(error) }, 'the voice activity model failed: loudness stands in for it');
      this.#model = new EnergyModel();
    }
    this.#batchMs.record(clock.nowMs() - startMs);
    this.#modelWindows += count;
  }

  /** Events of one round go over in one message; those in between as soon as may be. */
  #say(earId: EarId, event: HearingEvent): void {
    if (this.#unsaid.length === 0) setImmediate(() => this.#flush());
    this.#unsaid.push({ earId, event });
  }

  #flush(): void {
    if (this.#unsaid.length === 0) return;
    const events = this.#unsaid;
    this.#unsaid = [];
    this.#options.post({ kind: 'events', events });
  }

  #tellTotals(nowMs: number): void {
    this.#totalsDueMs = nowMs + TOTALS_MS;
    const batch = this.#batchMs;
    const totals: ListeningTotals = {
      callers: this.#ears.size,
      model: this.#model?.name ?? 'loading',
      windows: this.#windows,
      modelWindows: this.#modelWindows,
      batchMs: { p50: batch.quantileMs(0.5), p99: batch.quantileMs(0.99), max: batch.maxMs },
      recognizer: this.#options.recognizers.stats,
    };
    batch.reset();
    this.#options.post({ kind: 'totals', totals });
  }
}

/** Half a window, so that a full one waits 8 ms on the average. */
const POLL_MS = 16;
const TOTALS_MS = 1_000;
