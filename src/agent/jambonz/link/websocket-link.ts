/**
 * An app behind a WebSocket (`ws.jambonz.org`), which we dial when the call comes in. Messages that want an answer carry a
 * `msgid`; a connection that drops is dialled again, and the app told of the session anew before anything else.
 */
import type { Clock, Timers } from '../../../clock.ts';
import type { Logger } from '../../../logger.ts';
import type { CloseCause, Connection, ConnectionHandlers } from '../../ai-flow/websocket.ts';
import type { AppMetrics } from '../../app-metrics.ts';
import type {
  AppAnswer,
  AppCommand,
  AppData,
  AppLink,
  AppNotice,
  AppRequest,
  LinkFailure,
} from './app-link.ts';
import { parseAppMessage } from './app-message.ts';
import { isRetried, type RetryPolicy } from './retry-policy.ts';

export interface WebSocketLinkOptions {
  readonly dial: (handlers: ConnectionHandlers) => Connection;
  readonly policy: RetryPolicy;
  readonly callSid: string;
  readonly traceId: string;
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
  readonly clock: Clock & Timers;
  readonly metrics: AppMetrics;
  readonly log: Logger;
  /** Sockets and timers have nobody above them to catch what is thrown. */
  readonly guard: (act: () => void) => void;
  readonly onCommand: (command: AppCommand) => void;
  /** What the app answered to `session:reconnect`. */
  readonly onReconnected: (body: unknown) => void;
  /** The app needs this call no longer: it goes on with what it has. */
  readonly onReleased: () => void;
  /** The connection is gone for good. */
  readonly onLost: (reason: LinkFailure) => void;
}

export class WebSocketLink implements AppLink {
  readonly kind = 'websocket';
  readonly #options: WebSocketLinkOptions;
  readonly #waiting: Outgoing[] = [];
  readonly #unanswered = new Map<string, { settle: (answer: AppAnswer) => void; cancel: () => void }>();
  #state: 'idle' | 'dialling' | 'introducing' | 'open' | 'pausing' | 'closing' | 'closed' = 'idle';
  #connection: Connection | undefined;
  /** What `session:new` or `session:redirect` told the app: said again after each reconnection. */
  #introduction: AppData | undefined;
  #isIntroduced = false;
  #attempts = 0;
  #pingsUnanswered = 0;
  #messages = 0;
  #cancelTimer: () => void = () => undefined;
  #closed: Promise<void> = Promise.resolve();
  #resolveClosed: () => void = () => undefined;

  constructor(options: WebSocketLinkOptions) {
    this.#options = options;
  }

  request({ type, hook, data, timeoutMs }: AppRequest): Promise<AppAnswer> {
    if (this.#state === 'closing' || this.#state === 'closed')
      return Promise.resolve({ ok: false, reason: 'closed', detail: 'the app has closed the connection' });
    if (type !== 'verb:hook') this.#introduction ??= data;
    return new Promise((settle) => {
      const msgid = this.#newId();
      this.#unanswered.set(msgid, { settle, cancel: () => undefined });
      this.#send({ msgid, type, hook: hook?.url, data, timeoutMs: timeoutMs ?? this.#options.ackTimeoutMs });
      if (this.#state === 'idle') this.#dial();
    });
  }

  notify({ type, data }: AppNotice): void {
    if (this.#state === 'closing' || this.#state === 'closed') return;
    this.#send({ msgid: this.#newId(), type, hook: undefined, data, timeoutMs: undefined });
  }

  close(failed = false): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'closed') return this.#closed;
    const wasOpen = this.#state === 'open' || this.#state === 'introducing';
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#state = 'closing';
    this.#settleAll({ ok: false, reason: 'closed', detail: 'the session is over' });
    if (!wasOpen || this.#connection === undefined) {
      this.#connection?.terminate();
      this.#finish();
      return this.#closed;
    }
    this.#schedule(CLOSE_TIMEOUT_MS, () => {
      this.#connection?.terminate();
      this.#finish();
    });
    this.#connection.close(failed ? GOING_AWAY : NORMAL_CLOSURE);
    return this.#closed;
  }

  #send(message: Outgoing): void {
    if (this.#state === 'open') this.#write(message);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(message);
    else this.#drop(message);
  }

  #drop({ type, msgid }: Outgoing): void {
    this.#options.log.warn({ type }, 'a message is dropped: too many wait for the app');
    const asked = this.#unanswered.get(msgid);
    this.#unanswered.delete(msgid);
    asked?.settle({ ok: false, reason: 'timed-out', detail: 'too many messages wait for the app' });
  }

  #write({ msgid, type, hook, data, timeoutMs }: Outgoing): void {
    const { callSid, traceId, clock } = this.#options;
    const span = this.#messages.toString(16).padStart(16, '0');
    const message = {
      type,
      msgid,
      call_sid: callSid,
      b3: `${traceId}-${span}-1`,
      ...(hook !== undefined && { hook }),
      data,
    };
    this.#options.log.info({ type, hook, msgid }, 'told the app');
    this.#connection?.send(JSON.stringify(message));
    const asked = this.#unanswered.get(msgid);
    if (asked === undefined || timeoutMs === undefined) return;
    asked.cancel = clock.schedule(timeoutMs, () => {
      this.#unanswered.delete(msgid);
      asked.settle({ ok: false, reason: 'timed-out', detail: `no ack in ${timeoutMs} ms` });
    });
  }

  #dial(): void {
    const { dial, connectTimeoutMs, guard } = this.#options;
    this.#state = 'dialling';
    let current: Connection | undefined;
    const isCurrent = () => current === undefined || current === this.#connection;
    current = dial({
      opened: () => isCurrent() && guard(() => this.#handleOpened()),
      message: (text) => isCurrent() && guard(() => this.#handleMessage(text)),
      pong: () => {
        if (isCurrent()) this.#pingsUnanswered = 0;
      },
      closed: (cause) => isCurrent() && guard(() => this.#handleClosed(cause)),
    });
    this.#connection = current;
    this.#schedule(connectTimeoutMs, () =>
      this.#abandon({ kind: 'unreachable', detail: `not connected in ${connectTimeoutMs} ms` }),
    );
  }

  #handleOpened(): void {
    this.#pingsUnanswered = 0;
    this.#schedule(PING_MS, () => this.#ping());
    if (this.#isIntroduced) {
      this.#options.metrics.reconnected();
      this.#introduceAgain();
    } else {
      this.#attempts = 0;
      this.#isIntroduced = true;
      this.#state = 'open';
      this.#flush();
    }
  }

  /** Half a connection takes all that it is told, and never says a word again. */
  #ping(): void {
    if (this.#pingsUnanswered >= MOST_PINGS_UNANSWERED) {
      this.#abandon({ kind: 'closed', detail: 'no sign of life in time' });
      return;
    }
    this.#pingsUnanswered += 1;
    this.#connection?.ping();
    this.#schedule(PING_MS, () => this.#ping());
  }

  /** Gives this connection up without waiting to hear that it closed. */
  #abandon(cause: CloseCause): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.terminate();
    this.#handleLost(cause);
  }

  #introduceAgain(): void {
    this.#state = 'introducing';
    const msgid = this.#newId();
    const connection = this.#connection;
    const settle = (answer: AppAnswer) => {
      if (this.#state !== 'introducing' || this.#connection !== connection) return;
      this.#state = 'open';
      // One that takes connections and drops them would else be dialled for ever.
      if (answer.ok) this.#attempts = 0;
      this.#flush();
      if (answer.ok) this.#options.onReconnected(answer.body);
      else this.#options.log.warn({ reason: answer.reason }, 'the app did not acknowledge the session again');
    };
    this.#unanswered.set(msgid, { settle, cancel: () => undefined });
    const timeoutMs = this.#options.ackTimeoutMs;
    this.#write({
      msgid,
      type: 'session:reconnect',
      hook: undefined,
      data: this.#introduction ?? {},
      timeoutMs,
    });
  }

  #flush(): void {
    for (const message of this.#waiting.splice(0)) this.#write(message);
  }

  #handleMessage(text: string): void {
    const { log, onCommand } = this.#options;
    if (this.#state === 'closing' || this.#state === 'closed') return;
    const message = parseAppMessage(text);
    if (message.kind === 'invalid') {
      log.warn({ details: message.details }, 'the app sent something that is not understood');
      const content = text.slice(0, LONGEST_ECHO);
      this.notify({
        type: 'jambonz:error',
        data: { msg: 'InvalidMessage', details: message.details, content },
      });
    } else if (message.kind === 'command') onCommand(message.command);
    else {
      const asked = this.#unanswered.get(message.msgid);
      this.#unanswered.delete(message.msgid);
      asked?.cancel();
      if (asked === undefined)
        log.info({ msgid: message.msgid }, 'an ack for nothing that waits for it is dropped');
      else asked.settle({ ok: true, body: message.body });
    }
  }

  #handleClosed(cause: CloseCause): void {
    this.#connection = undefined;
    if (this.#state === 'closing' || this.#state === 'closed') this.#finish();
    else if (cause.code === NORMAL_CLOSURE && this.#isIntroduced) this.#release();
    else this.#handleLost(cause);
  }

  #release(): void {
    this.#options.log.info({}, 'the app has let go of the call, which goes on as it is');
    this.#settleAll({ ok: true, body: undefined });
    this.#finish();
    this.#options.onReleased();
  }

  #handleLost(cause: CloseCause): void {
    const { policy, log } = this.#options;
    this.#cancelTimer();
    log.warn({ detail: cause.detail }, 'the connection to the app is lost');
    const isAgain = this.#isIntroduced
      ? this.#attempts < MOST_RECONNECTIONS
      : this.#attempts < policy.retries && isRetried(policy, cause.statusCode ?? 'ct');
    if (!isAgain) {
      const reason = cause.kind === 'closed' ? 'closed' : cause.kind;
      this.#settleAll({ ok: false, reason, detail: cause.detail });
      this.#finish();
      this.#options.onLost(reason);
      return;
    }
    this.#state = 'pausing';
    this.#schedule(FIRST_BACKOFF_MS * 2 ** this.#attempts, () => this.#dial());
    this.#attempts += 1;
  }

  #settleAll(answer: AppAnswer): void {
    const unanswered = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const { settle, cancel } of unanswered) {
      cancel();
      settle(answer);
    }
  }

  #finish(): void {
    this.#cancelTimer();
    this.#state = 'closed';
    this.#waiting.length = 0;
    this.#resolveClosed();
  }

  #schedule(delayMs: number, action: () => void): void {
    this.#cancelTimer();
    const { clock, guard } = this.#options;
    this.#cancelTimer = clock.schedule(delayMs, () => guard(action));
  }

  #newId(): string {
    this.#messages += 1;
    return this.#messages.toString(36).padStart(4, '0');
  }
}

interface Outgoing {
  readonly msgid: string;
  readonly type: string;
  readonly hook: string | undefined;
  readonly data: AppData;
  /** Undefined: nobody waits for an answer. */
  readonly timeoutMs: number | undefined;
}

/** RFC 6455 section 7.4.1. */
const NORMAL_CLOSURE = 1000;
const GOING_AWAY = 1001;
const FIRST_BACKOFF_MS = 500;
const MOST_RECONNECTIONS = 5;
const PING_MS = 20_000;
const MOST_PINGS_UNANSWERED = 2;
const MOST_WAITING = 200;
const LONGEST_ECHO = 2_000;
const CLOSE_TIMEOUT_MS = 2_000;
