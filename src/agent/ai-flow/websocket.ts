/**
 * AI Flow over a WebSocket: we dial the app when the call starts, events go out and actions come in at any time. A
 * connection that drops in mid-call is dialled again, and what happened meanwhile is told then.
 */
import type { Clock, Timers } from '../../clock.ts';
import type { Agent, AgentEvent, AgentFailure } from '../agent.ts';
import { Dialogue, type DialogueOptions } from './dialogue.ts';
import type { AiFlowEvent } from './events.ts';
import { traceOfEvent } from './trace.ts';

/** Opens a connection to the app; `handlers.closed` is called exactly once for each, also when it never opened. */
export type Dial = (handlers: ConnectionHandlers) => Connection;

export interface ConnectionHandlers {
  opened(): void;
  message(text: string): void;
  pong(): void;
  closed(cause: CloseCause): void;
}

export interface CloseCause {
  readonly kind: 'refused' | 'unreachable' | 'closed';
  /** For the log. */
  readonly detail: string;
  /** RFC 6455 section 7.4, of a connection that was open. */
  readonly code?: number;
  /** Of the response to an upgrade that was refused. */
  readonly statusCode?: number | undefined;
}

export interface Connection {
  /** Of what was sent, how much the app has not taken yet. */
  readonly unsentOctets: number;
  send(text: string): void;
  ping(): void;
  /** Closes, with status 1000 unless told, and waits for the app to do the same. */
  close(code?: number): void;
  /** Drops the connection at once. */
  terminate(): void;
}

export interface WebSocketAgentOptions extends DialogueOptions {
  readonly dial: Dial;
  readonly connectTimeoutMs: number;
  readonly clock: Clock & Timers;
}

export class WebSocketAgent implements Agent {
  readonly listens: boolean = true;
  readonly #options: WebSocketAgentOptions;
  readonly #dialogue: Dialogue;
  readonly #waiting: AiFlowEvent[] = [];
  readonly #closed: Promise<void>;
  #resolveClosed: () => void = () => undefined;
  #state: 'dialling' | 'open' | 'pausing' | 'closing' | 'closed' = 'dialling';
  #connection: Connection | undefined;
  #everOpened = false;
  #openedAtMs = 0;
  #outageStartedMs = 0;
  #redials = 0;
  #pingsUnanswered = 0;
  #ended = false;
  #cancelTimer: () => void = () => undefined;

  constructor(options: WebSocketAgentOptions) {
    this.#options = options;
    this.#dialogue = new Dialogue(options, 'websocket', (event) => this.#tell(event));
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#dial();
  }

  handle(event: AgentEvent): void {
    const told = this.#dialogue.eventOf(event);
    if (event.kind === 'ended') this.#ended = true;
    if (told !== undefined) this.#tell(told);
    if (this.#ended && this.#state === 'open') this.#closeAfterEnd();
  }

  takeFromApi(body: unknown): ReturnType<Dialogue['takeFromApi']> {
    return this.#dialogue.takeFromApi(body);
  }

  close(): Promise<void> {
    return this.#closed;
  }

  #tell(event: AiFlowEvent): void {
    if (this.#state === 'closed' || this.#state === 'closing') return;
    this.#waiting.push(event);
    if (this.#state === 'open') {
      this.#flush();
    } else if (this.#waiting.length > MOST_WAITING) {
      const dropped = this.#waiting.splice(this.#waiting[0]?.type === 'session_start' ? 1 : 0, 1)[0];
      this.#options.log.warn({ event: dropped?.type }, 'an event is dropped: too many wait for the agent');
    }
  }

  #flush(): void {
    for (const event of this.#waiting.splice(0)) {
      this.#options.log.info(traceOfEvent(event), 'agent event');
      this.#connection?.send(JSON.stringify(event));
    }
    if ((this.#connection?.unsentOctets ?? 0) > MOST_UNSENT_OCTETS)
      this.#abandon('closed', 'the agent takes no events any more');
  }

  #dial(): void {
    const { dial, connectTimeoutMs } = this.#options;
    this.#state = 'dialling';
    let current: Connection | undefined;
    const isCurrent = () => current === undefined || current === this.#connection;
    current = dial({
      opened: () => isCurrent() && this.#guarded(() => this.#handleOpened()),
      message: (text) => isCurrent() && this.#guarded(() => this.#handleMessage(text)),
      pong: () => {
        if (isCurrent()) this.#pingsUnanswered = 0;
      },
      closed: (cause) => isCurrent() && this.#guarded(() => this.#handleClosed(cause)),
    });
    this.#connection = current;
    this.#schedule(connectTimeoutMs, () => this.#abandon('timed-out'));
  }

  #handleOpened(): void {
    this.#state = 'open';
    if (this.#everOpened) this.#options.metrics.reconnected();
    this.#everOpened = true;
    this.#openedAtMs = this.#options.clock.nowMs();
    this.#pingsUnanswered = 0;
    this.#schedule(PING_MS, () => this.#ping());
    this.#flush();
    if (this.#ended) this.#closeAfterEnd();
  }

  #handleMessage(text: string): void {
    const { log } = this.#options;
    if (this.#ended) {
      log.debug({ characters: text.length }, 'a message after the end of the session is ignored');
      return;
    }
    const outcome = this.#dialogue.take(text);
    if (outcome === 'html' || outcome === 'not-json')
      log.warn({ found: text.slice(0, 80) }, 'the agent sent something that is not JSON');
  }

  #ping(): void {
    if (this.#pingsUnanswered >= MOST_PINGS_UNANSWERED) {
      this.#abandon('closed');
      return;
    }
    this.#pingsUnanswered += 1;
    this.#connection?.ping();
    this.#schedule(PING_MS, () => this.#ping());
  }

  /** Gives this connection up without waiting to hear that it closed. */
  #abandon(reason: 'timed-out' | 'closed', detail = 'no sign of life in time'): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#handleLost(reason, detail);
    connection?.terminate();
  }

  #handleClosed(cause: CloseCause): void {
    this.#connection = undefined;
    if (this.#state === 'closing' || this.#state === 'closed') this.#finish();
    else this.#handleLost(cause.kind, cause.detail);
  }

  #handleLost(reason: AgentFailure, detail: string): void {
    const { host, clock, log } = this.#options;
    const wasOpen = this.#state === 'open';
    this.#cancelTimer();
    log.warn({ reason, detail }, 'the connection to the agent is lost');
    if (!this.#everOpened) {
      this.#finish();
      if (!this.#ended) host.fail(reason);
      return;
    }
    // A connection that lived is a new start; one that opens and drops again and again is one long outage.
    if (wasOpen && (this.#redials === 0 || clock.nowMs() - this.#openedAtMs >= STABLE_MS)) {
      this.#outageStartedMs = clock.nowMs();
      this.#redials = 0;
    }
    const delayMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#redials);
    if (clock.nowMs() + delayMs - this.#outageStartedMs > LONGEST_OUTAGE_MS) {
      this.#finish();
      if (!this.#ended) host.fail('closed');
      return;
    }
    this.#redials += 1;
    this.#state = 'pausing';
    this.#schedule(delayMs, () => this.#dial());
  }

  #closeAfterEnd(): void {
    this.#state = 'closing';
    this.#schedule(CLOSE_TIMEOUT_MS, () => {
      this.#connection?.terminate();
      this.#finish();
    });
    this.#connection?.close();
  }

  #finish(): void {
    this.#cancelTimer();
    this.#state = 'closed';
    this.#waiting.length = 0;
    this.#resolveClosed();
  }

  /** One thing is waited for at a time. */
  #schedule(delayMs: number, action: () => void): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#options.clock.schedule(delayMs, () => this.#guarded(action));
  }

  /** Sockets and timers have nobody above them to catch what is thrown. */
  #guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#crash(error);
    }
  }

  /** A connection that stands is kept for the app to be told of the end. */
  #crash(error: unknown): void {
    const { log, host } = this.#options;
    log.error({ error }, 'a bug in serving the agent: the call goes on without it');
    if (this.#state !== 'open' || this.#connection === undefined) {
      this.#connection?.terminate();
      this.#finish();
    }
    if (!this.#ended) host.fail('bad-response');
  }
}

const MOST_WAITING = 100;
/** Thousands of events: an app that reads them keeps far below. */
const MOST_UNSENT_OCTETS = 1024 * 1024;
const PING_MS = 20_000;
const MOST_PINGS_UNANSWERED = 2;
const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 2_000;
const LONGEST_OUTAGE_MS = 10_000;
const STABLE_MS = 2_000;
const CLOSE_TIMEOUT_MS = 2_000;
