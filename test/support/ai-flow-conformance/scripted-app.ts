import type { Delivery, WebhookExchange, WebhookResult } from '../../../src/agent/ai-flow/webhook.ts';
import type { ConnectionHandlers, Dial } from '../../../src/agent/ai-flow/websocket.ts';
import type { VirtualClock } from '../virtual-clock.ts';

/** An event as the app got it. */
export interface ToldEvent {
  readonly type: string;
  /** Virtual time, from the beginning of the test. */
  readonly atMs: number;
  /** Everything that was in the JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An answer that is more than actions. WebSockets know only `body` and `afterMs`. */
export class Answer {
  readonly status: number;
  readonly body: string;
  readonly afterMs: number;

  constructor({
    status = 200,
    body = '',
    afterMs = 0,
  }: {
    status?: number;
    body?: string;
    afterMs?: number;
  }) {
    this.status = status;
    this.body = body;
    this.afterMs = afterMs;
  }
}

/** An action or a list of them (without `session_id` if it likes), an `Answer`, or undefined: HTTP 204, or no message. */
export type Script = (event: ToldEvent) => unknown;

/**
 * An AI Flow app in virtual time, at the other end of a webhook (`exchange`) or of a WebSocket (`dial`). It keeps what it
 * was told, and answers as its script says.
 */
export class ScriptedApp {
  readonly events: ToldEvent[] = [];
  /** The status of each close, and `undefined` for connections that were dropped. */
  readonly closes: (number | undefined)[] = [];
  readonly #clock: VirtualClock;
  readonly #script: Script;
  #connection: ConnectionHandlers | undefined;

  constructor(clock: VirtualClock, script: Script) {
    this.#clock = clock;
    this.#script = script;
  }

  /** What it was told, in short: types, with digits and words. */
  get told(): string[] {
    return this.events.map(({ type, fields }) => {
      if (type === 'dtmf_received') return `${type} ${fields['digit']}`;
      if (type === 'user_speak')
        return `${type} "${fields['text']}"${fields['barged_in'] === true ? ' barged in' : ''}`;
      return type;
    });
  }

  /** The types that it was told. */
  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** The `count`th event of a type. */
  nth(type: string, count = 1): ToldEvent {
    const event = this.events.filter((told) => told.type === type)[count - 1];
    if (event === undefined) throw new Error(`no ${type} (${count}) among ${this.types.join(', ')}`);
    return event;
  }

  /** Sends actions over the WebSocket, unasked. */
  push(actions: unknown): void {
    this.#connection?.message(typeof actions === 'string' ? actions : JSON.stringify(actions));
  }

  /** Loses the WebSocket. */
  drop(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.closes.push(undefined);
    connection?.closed({ kind: 'closed', detail: '1006' });
  }

  readonly exchange: WebhookExchange = (eventText, { sent }: Delivery) =>
    new Promise<WebhookResult>((resolve) => {
      sent();
      const { status, body, afterMs } = this.#take(eventText) ?? new Answer({ status: 204 });
      const contentType = body === '' ? '' : 'application/json';
      const answer = () => resolve({ kind: 'answered', status, contentType, body });
      this.#clock.schedule(afterMs, answer);
    });

  readonly dial: Dial = (handlers) => {
    this.#clock.schedule(CONNECT_MS, () => {
      this.#connection = handlers;
      handlers.opened();
    });
    return {
      unsentOctets: 0,
      send: (text) => {
        const answer = this.#take(text);
        if (answer !== undefined) this.#clock.schedule(answer.afterMs, () => handlers.message(answer.body));
      },
      ping: () => handlers.pong(),
      close: () => {
        this.closes.push(1000);
        handlers.closed({ kind: 'closed', detail: '1000' });
      },
      terminate: () => handlers.closed({ kind: 'closed', detail: '1006' }),
    };
  };

  #take(eventText: string): Answer | undefined {
    const fields = JSON.parse(eventText);
    const event = { type: String(fields.type), atMs: this.#clock.nowMs(), fields };
    this.events.push(event);
    const answer = this.#script(event);
    if (answer === undefined || answer instanceof Answer) return answer;
    return new Answer({ body: JSON.stringify(answer) });
  }
}

const CONNECT_MS = 5;
