import type { Clock, Timers } from '../../clock.ts';
import type { AgentCommand, AgentHost, SessionInfo } from '../agent.ts';
import type { CallFacts } from './call-facts.ts';
import type { CallProgress } from './call-progress.ts';
import type { AppData, AppNotice } from './link/app-link.ts';
import { Ears } from './perform/ears.ts';
import type { Named, Stage } from './perform/stage.ts';
import type { SessionSettings } from './session-settings.ts';
import type { Hook } from './vocabulary/verbs.ts';

export interface SessionStageOptions {
  readonly host: AgentHost;
  readonly facts: CallFacts;
  readonly settings: SessionSettings;
  readonly progress: CallProgress;
  readonly clock: Clock & Timers;
  readonly newSid: () => string;
  readonly notify: (type: AppNotice['type'], data: AppData) => void;
  readonly tell: (hook: Hook, data: AppData) => void;
  /** Timers have nobody above them to catch what is thrown. */
  readonly guard: (act: () => void) => void;
}

/** One session's stage: what its verbs do reaches the call and the app until the session is over, and not after. */
export class SessionStage implements Stage {
  readonly session: SessionInfo;
  readonly facts: CallFacts;
  readonly settings: SessionSettings;
  readonly ears: Ears;
  readonly clock: Clock;
  readonly #options: SessionStageOptions;
  readonly #timers = new Set<() => void>();
  #numbers = 0;
  #isClosed = false;

  constructor(options: SessionStageOptions) {
    this.#options = options;
    this.session = options.host.session;
    this.facts = options.facts;
    this.settings = options.settings;
    this.clock = options.clock;
    this.ears = new Ears(options.settings, (command) => this.submit(command));
  }

  get isAnswered(): boolean {
    return this.#options.progress.isAnswered;
  }

  nextNumber(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  newSid(): string {
    return this.#options.newSid();
  }

  submit(...batch: readonly AgentCommand[]): void {
    if (!this.#isClosed && batch.length > 0) this.#options.host.submit(batch);
  }

  after(delayMs: number, act: () => void): () => void {
    const { clock, guard } = this.#options;
    const cancel = clock.schedule(delayMs, () => {
      this.#timers.delete(cancel);
      guard(act);
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  }

  /** Starting and finishing name the verb in another field than all else. */
  status({ verb, id }: Named, event: string, fields: AppData = {}): void {
    if (!this.settings.notifyEvents) return;
    const named = event === 'starting' || event === 'finished' ? { name: verb } : { verb };
    this.#options.notify('verb:status', { event, ...named, ...(id !== undefined && { id }), ...fields });
  }

  legStatus(data: AppData): void {
    this.#options.notify('call:status', data);
  }

  tell(hook: Hook, data: AppData): void {
    this.#options.tell(hook, data);
  }

  error(msg: string, details: string, fields: AppData = {}): void {
    this.#options.notify('jambonz:error', { msg, details, ...fields });
  }

  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }
}
