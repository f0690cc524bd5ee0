/**
 * A bot behind Twilio's media streams, as Twilio's documentation has them: refuses to go on when a message is not what
 * Twilio would send. What it says and when is the test's.
 */
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { fromWire, toWire } from './wire-samples.ts';

interface StreamMessage {
  readonly event: string;
  readonly [field: string]: unknown;
}

export class TwilioBot {
  /** Everything that came but media, in order. */
  readonly messages: StreamMessage[] = [];
  /** What was wrong with what came. */
  readonly mistakes: string[] = [];
  headers: IncomingHttpHeaders = {};
  path = '';
  /** Told of each piece of the caller as it comes. */
  onMedia: ((payload: string) => void) | undefined;
  readonly #server: WebSocketServer;
  readonly #heard: Buffer[] = [];
  #socket: WebSocket | undefined;
  #sequenceNumber = 0;
  #chunk = 0;

  static async listen(): Promise<TwilioBot> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    return new TwilioBot(server);
  }

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, { headers, url = '' }) => {
      this.#socket = socket;
      this.headers = headers;
      this.path = url;
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        if (isBinary) this.mistakes.push('a binary message');
        else this.#take(JSON.parse(data.toString()));
      });
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/media`;
  }

  get isConnected(): boolean {
    return this.#socket?.readyState === 1;
  }

  get heard(): Int16Array {
    return fromWire(Buffer.concat(this.#heard), 'pcmu');
  }

  get events(): string[] {
    return this.messages.map(({ event }) => event);
  }

  get start(): Readonly<Record<string, unknown>> {
    return this.messages[1]!['start'] as Record<string, unknown>;
  }

  /** The latest messages of a kind, by what they hold. */
  of(event: string): unknown[] {
    return this.messages.filter((message) => message.event === event).map((message) => message[event]);
  }

  /** In one message, whatever its length. */
  speak(samples: Int16Array): void {
    this.play(toWire(samples, 'pcmu').toString('base64'));
  }

  play(payload: string): void {
    this.send({ event: 'media', streamSid: this.start['streamSid'], media: { payload } });
  }

  mark(name: string): void {
    this.send({ event: 'mark', streamSid: this.start['streamSid'], mark: { name } });
  }

  clear(): void {
    this.send({ event: 'clear', streamSid: this.start['streamSid'] });
  }

  send(message: StreamMessage | string): void {
    this.#socket?.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  hangUp(): void {
    this.#socket?.close(1000);
  }

  drop(): void {
    this.#socket?.terminate();
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(message: StreamMessage): void {
    if (message.event === 'connected') {
      if (this.messages.length > 0) this.mistakes.push('connected comes first');
    } else {
      this.#sequenceNumber += 1;
      if (message['sequenceNumber'] !== String(this.#sequenceNumber))
        this.mistakes.push(`sequence number ${message['sequenceNumber']}, not ${this.#sequenceNumber}`);
      if (this.messages.length === 1 && message.event !== 'start') this.mistakes.push('start comes second');
    }
    if (message.event !== 'media') this.messages.push(message);
    else this.#hear(message['media'] as Record<string, unknown>);
  }

  #hear({ track, chunk, timestamp, payload }: Record<string, unknown>): void {
    this.#chunk += 1;
    if (track !== 'inbound') this.mistakes.push(`track ${track}`);
    if (chunk !== String(this.#chunk)) this.mistakes.push(`chunk ${chunk}, not ${this.#chunk}`);
    if (timestamp !== String(this.#chunk * 20)) this.mistakes.push(`timestamp ${timestamp}`);
    const octets = Buffer.from(String(payload), 'base64');
    if (octets.length !== 160) this.mistakes.push(`${octets.length} octets of media`);
    this.#heard.push(octets);
    this.onMedia?.(String(payload));
  }
}
