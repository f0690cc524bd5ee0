/** The verbs that an app has asked for, one after the other: what it answers later takes their place. */
import type { AgentEvent } from '../agent.ts';
import type { End, Ending, Performance } from './perform/stage.ts';
import type { Verb } from './vocabulary/verbs.ts';

export interface VerbStackOptions {
  /** What has to be before this verb: `wait` until `proceed`, `skip` it, or nothing. */
  readonly prepare: (verb: Verb) => 'ready' | 'wait' | 'skip';
  /** Undefined for a verb that was done at once; then it has called `end`, or replaced the stack. */
  readonly perform: (verb: Verb, end: End) => Performance | undefined;
  readonly onStarting: (verb: Verb) => void;
  readonly onFinished: (verb: Verb) => void;
  /** The verb's hook is to be asked; `resume` goes on with what is left. */
  readonly onHook: (verb: Verb, ending: Ending) => void;
  readonly onExhausted: () => void;
}

export class VerbStack {
  readonly #options: VerbStackOptions;
  #verbs: Verb[] = [];
  #current: Running | undefined;
  #state: 'idle' | 'ready' | 'preparing' | 'performing' | 'asking' | 'closed' = 'idle';
  #isAdvancing = false;
  /** The latest, until something goes on. */
  #suspension: symbol | undefined;

  constructor(options: VerbStackOptions) {
    this.#options = options;
  }

  /** The verb that is performed. */
  get current(): Verb | undefined {
    return this.#current?.verb;
  }

  /** Nothing is performed, and nothing waits. */
  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  get performance(): Performance | undefined {
    return this.#current?.performance;
  }

  /** Whatever is performed or waited for ends now, and these are performed instead of what was to follow. */
  replace(verbs: readonly Verb[]): void {
    if (this.#state === 'closed') return;
    this.#verbs = [...verbs];
    this.#kill();
    this.#state = 'ready';
    this.#advance();
  }

  append(verbs: readonly Verb[]): void {
    if (this.#state === 'closed') return;
    this.#verbs.push(...verbs);
    if (this.#state === 'idle') this.#state = 'ready';
    this.#advance();
  }

  /** What a verb waited for has come about. */
  proceed(): void {
    if (this.#state !== 'preparing') return;
    this.#state = 'ready';
    this.#advance();
  }

  /** The hook had nothing to say. */
  resume(): void {
    if (this.#state !== 'asking') return;
    this.#state = 'ready';
    this.#advance();
  }

  /** What is performed ends; nothing follows until `resume`, `replace`, or what this gives back is called. */
  suspend(): () => void {
    const suspension = Symbol('suspension');
    if (this.#state !== 'closed') {
      this.#kill();
      this.#state = 'asking';
      this.#suspension = suspension;
    }
    return () => {
      if (this.#suspension === suspension) this.resume();
    };
  }

  handle(event: AgentEvent): void {
    this.#current?.performance?.handle(event);
  }

  close(): void {
    this.#verbs = [];
    this.#kill();
    this.#state = 'closed';
  }

  #kill(): void {
    const killed = this.#current;
    this.#current = undefined;
    if (killed === undefined) return;
    killed.performance?.stop();
    this.#options.onFinished(killed.verb);
  }

  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      while (this.#state === 'ready') {
        this.#suspension = undefined;
        this.#next();
      }
    } finally {
      this.#isAdvancing = false;
    }
  }

  #next(): void {
    const { prepare, perform, onStarting, onExhausted } = this.#options;
    const verb = this.#verbs.shift();
    if (verb === undefined) {
      this.#state = 'idle';
      onExhausted();
      return;
    }
    const preparation = prepare(verb);
    if (preparation === 'skip') return;
    if (preparation === 'wait') {
      this.#verbs.unshift(verb);
      this.#state = 'preparing';
      return;
    }
    const running: Running = { verb, performance: undefined };
    this.#current = running;
    this.#state = 'performing';
    onStarting(verb);
    const performance = perform(verb, (ending) => this.#ended(running, ending));
    if (this.#current === running) running.performance = performance;
    // It is over already, or was replaced by what it did itself.
    else performance?.stop();
  }

  #ended(running: Running, ending: Ending = {}): void {
    if (this.#current !== running) return;
    this.#current = undefined;
    this.#options.onFinished(running.verb);
    if (ending.hook === undefined) this.#state = 'ready';
    else {
      this.#state = 'asking';
      this.#options.onHook(running.verb, ending);
    }
    this.#advance();
  }
}

interface Running {
  readonly verb: Verb;
  performance: Performance | undefined;
}
