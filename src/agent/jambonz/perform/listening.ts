/** `listen`, as a verb: lasts until the socket closes, a key ends it, or its time is over. */
import type { AgentEvent } from '../../agent.ts';
import type { AppData } from '../link/app-link.ts';
import type { ListenVerb } from '../vocabulary/verbs.ts';
import { Fork } from './fork.ts';
import type { Performance, Stage } from './stage.ts';

export class Listening implements Performance {
  readonly #stage: Stage;
  readonly #verb: ListenVerb;
  readonly #onEnd: (results: AppData) => void;
  readonly fork: Fork;
  #startedMs = 0;
  #digits = '';
  #cancelTimer: () => void = () => undefined;

  constructor(stage: Stage, verb: ListenVerb, onEnd: (results: AppData) => void) {
    this.#stage = stage;
    this.#verb = verb;
    this.#onEnd = onEnd;
    this.fork = new Fork(stage, verb, () => this.#end());
  }

  start(): void {
    const { maxLengthMs } = this.#verb;
    this.#startedMs = this.#stage.clock.nowMs();
    this.fork.start();
    if (maxLengthMs !== undefined) this.#cancelTimer = this.#stage.after(maxLengthMs, () => this.#end());
  }

  handle(event: AgentEvent): void {
    this.fork.handle(event);
    if (event.kind !== 'digit' || !this.#verb.finishOnKey.includes(event.digit)) return;
    this.#digits = event.digit;
    this.#end();
  }

  stop(): void {
    this.#cancelTimer();
    this.fork.stop();
  }

  #end(): void {
    this.stop();
    const seconds = Math.round((this.#stage.clock.nowMs() - this.#startedMs) / 1000);
    this.#onEnd({ dial_call_duration: seconds, ...(this.#digits !== '' && { digits: this.#digits }) });
  }
}
