/** `sip:refer`: the caller's own side is asked to call somebody else, and tells how that goes. */
import type { AgentEvent } from '../../agent.ts';
import type { AppData } from '../link/app-link.ts';
import type { ReferVerb } from '../vocabulary/verbs.ts';
import type { Performance, Stage } from './stage.ts';

export class Referring implements Performance {
  readonly #stage: Stage;
  readonly #verb: ReferVerb;
  readonly #onEnd: (results: AppData) => void;
  #isAccepted = false;
  #isOver = false;
  #cancelTimer: () => void = () => undefined;

  constructor(stage: Stage, verb: ReferVerb, onEnd: (results: AppData) => void) {
    this.#stage = stage;
    this.#verb = verb;
    this.#onEnd = onEnd;
  }

  start(): void {
    const { referTo, referredBy, headers } = this.#verb;
    this.#stage.submit({ kind: 'refer', target: referTo, referredBy, headers });
    this.#cancelTimer = this.#stage.after(LONGEST_MS, () =>
      this.#end(this.#isAccepted ? 202 : 408, undefined),
    );
  }

  handle(event: AgentEvent): void {
    if (event.kind !== 'referred' || this.#isOver) return;
    const { statusCode, isFinal } = event;
    const { eventHook } = this.#verb;
    if (!this.#isAccepted && isFinal && statusCode >= 300) {
      this.#end(statusCode, undefined);
      return;
    }
    this.#isAccepted = true;
    // The 202 says that there will be a call, and nothing of it yet.
    if (statusCode === 202 && !isFinal) return;
    if (eventHook !== undefined)
      this.#stage.tell(eventHook, { event: 'transfer-status', call_status: statusCode });
    if (isFinal) this.#end(202, statusCode);
  }

  stop(): void {
    this.#isOver = true;
    this.#cancelTimer();
  }

  #end(refer_status: number, final: number | undefined): void {
    this.stop();
    this.#onEnd({ refer_status, ...(final !== undefined && { final_referred_call_status: final }) });
  }
}

/** How long jambonz waits for the last NOTIFY. */
const LONGEST_MS = 15_000;
