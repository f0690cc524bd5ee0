/**
 * An AI Flow app for tests: a real HTTP and WebSocket server on loopback, at a port of its own, whose every answer the
 * test decides. One and the same app takes webhooks at `webhookUrl` and WebSockets at `webSocketUrl`.
 *
 *     const app = await AiFlowApp.listen(({ type }) => type === 'session_start' ? { type: 'speak', text: 'Hi' } : undefined);
 *     ... a call to an agent with the URL `app.webhookUrl` ...
 *     await app.waitFor('session_end');
 *     await app.close();
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** An event as the app received it. */
export interface ReceivedEvent {
  readonly type: string;
  readonly session: Readonly<Record<string, string>>;
  readonly transport: 'webhook' | 'websocket';
  /** Of the POST, or of the upgrade. */
  readonly headers: IncomingHttpHeaders;
  /** Everything that was in the JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** `performance.now()` when it had been read. */
  readonly receivedAtMs: number;
}

/** An answer that is more than actions; WebSockets know only `body` and `delayMs`. */
export class RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly delayMs: number;

  constructor(
    answer: {
      status?: number;
      headers?: Record<string, string>;
      body?: string | Buffer;
      delayMs?: number;
    } = {},
  ) {
    this.status = answer.status ?? 200;
    this.headers = answer.headers ?? { 'content-type': 'application/json' };
    this.body = answer.body ?? '';
    this.delayMs = answer.delayMs ?? 0;
  }
}

/** Actions, a list of them, a `RawAnswer`, or undefined for none (HTTP 204). */
export type AnswerTo = (event: ReceivedEvent) => unknown;

export class AiFlowApp {
  /** All events, in the order in which they came. */
  readonly events: ReceivedEvent[] = [];
  /** Upgrades refused with this status, when set. */
  refuseUpgradesWith: number | undefined;
  answerTo: AnswerTo;
  readonly #server: Server;
  /** Of `https` and `wss`. */
  readonly #secure: '' | 's';
  readonly #sockets: WebSocketServer;
  readonly #waiting = new Set<() => void>();

  private constructor(server: Server, answerTo: AnswerTo, secure: '' | 's') {
    this.#server = server;
    this.#secure = secure;
    this.#sockets = new WebSocketServer({ noServer: true });
    this.answerTo = answerTo;
  }

  /** With `tls`, at `https:` and `wss:`. */
  static async listen(answerTo: AnswerTo = () => undefined, tls?: ServerOptions): Promise<AiFlowApp> {
    const server = tls === undefined ? createServer() : createSecureServer(tls);
    const app = new AiFlowApp(server, answerTo, tls === undefined ? '' : 's');
    server.on('request', (request, response) => {
      void app.#receivePost(request).then((answer) => {
        response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
    server.on('upgrade', (request, socket, head) => {
      if (app.refuseUpgradesWith !== undefined) {
        socket.end(`HTTP/1.1 ${app.refuseUpgradesWith} Refused\r\ncontent-length: 0\r\n\r\n`);
        return;
      }
      app.#sockets.handleUpgrade(request, socket, head, (client) => app.#serve(client, request.headers));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return app;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get webhookUrl(): string {
    return `http${this.#secure}://127.0.0.1:${this.port}/webhook`;
  }

  get webSocketUrl(): string {
    return `ws${this.#secure}://127.0.0.1:${this.port}/socket?key=value`;
  }

  /** The WebSockets that are open now. */
  get sockets(): readonly WebSocket[] {
    return [...this.#sockets.clients];
  }

  /** Sends actions on every open WebSocket, unasked. */
  push(actions: unknown): void {
    for (const socket of this.sockets) socket.send(JSON.stringify(actions));
  }

  /** The types of all events so far; digits as themselves. */
  get types(): string[] {
    return this.events.map(({ type, fields }) => (type === 'dtmf_received' ? String(fields['digit']) : type));
  }

  /** The `count`th event of a type, once it has come; rejects when it does not. */
  async waitFor(type: string, options: { count?: number; withinMs?: number } = {}): Promise<ReceivedEvent> {
    const { count = 1, withinMs = 5000 } = options;
    await this.until(() => this.events.filter((event) => event.type === type).length >= count, {
      what: `${type} (${count})`,
      withinMs,
    });
    return this.events.filter((event) => event.type === type)[count - 1]!;
  }

  /** Resolves when `condition` holds, looked at after each event. */
  async until(condition: () => boolean, options: { what?: string; withinMs?: number } = {}): Promise<void> {
    const { what = 'the condition', withinMs = 5000 } = options;
    if (condition()) return;
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!condition()) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no ${what} in ${withinMs} ms; the app got ${this.types.join(', ') || 'nothing'}`));
      }, withinMs);
      this.#waiting.add(look);
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #receivePost(request: IncomingMessage): Promise<RawAnswer> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const answer = await this.#receive(Buffer.concat(chunks).toString(), 'webhook', request.headers);
    return answer ?? new RawAnswer({ status: 204, headers: {} });
  }

  #serve(client: WebSocket, headers: IncomingHttpHeaders): void {
    client.on('message', (data) => {
      void this.#receive(String(data), 'websocket', headers).then((answer) => {
        if (answer !== undefined) client.send(answer.body);
      });
    });
  }

  async #receive(
    text: string,
    transport: ReceivedEvent['transport'],
    headers: IncomingHttpHeaders,
  ): Promise<RawAnswer | undefined> {
    const fields = JSON.parse(text);
    const { type, session } = fields;
    const event = { type, session, transport, headers, fields, receivedAtMs: performance.now() };
    this.events.push(event);
    for (const look of [...this.#waiting]) look();
    const answer = await this.answerTo(event);
    if (answer === undefined) return undefined;
    const raw = answer instanceof RawAnswer ? answer : new RawAnswer({ body: JSON.stringify(answer) });
    if (raw.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, raw.delayMs));
    return raw;
  }
}
