/**
 * A provider of speech on loopback: real HTTP and WebSockets at a port of its own. What it says and how it takes
 * requests is the provider's (`deepgram.ts`, `azure.ts`, `elevenlabs.ts`, `openai.ts` beside this file); how it fails
 * is the test's:
 *
 *     const server = await ProviderServer.listen(fakeDeepgram({ says: ['Hello.'] }));
 *     server.misbehave('stall');            // the next request or connection only
 *     ... a recogniser with the base URL `server.url` ...
 *     await server.close();
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export type Misbehaviour =
  /** An HTTP status, in place of a 200 or of an upgrade. */
  | number
  /** The request is read, or the upgrade done, and nothing follows. */
  | 'stall'
  /** The connection is cut before the first answer. */
  | 'close'
  /** The connection is cut after the first sound or the first words. */
  | 'close-midway'
  /** The answer begins and goes no further. */
  | 'stall-midway'
  /** A web page in place of an answer. */
  | 'garbage'
  /** Every answer is right, but for a file in place of raw samples. */
  | 'file';

export interface ProviderFake {
  /** The key that is let in; others get 401 with this body. */
  readonly isAuthorized: (request: IncomingMessage) => boolean;
  readonly unauthorized: unknown;
  /** Why an address is refused with 400; undefined: it is not. */
  readonly mistakeIn: (url: URL) => string | undefined;
  readonly post: (request: ReceivedPost) => HttpAnswer | Promise<HttpAnswer>;
  readonly connect?: (connection: FakeConnection) => void;
}

export interface ReceivedPost {
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** An answer in parts, so that a test sees them come one by one. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly parts: readonly Uint8Array[];
}

export interface FakeConnection {
  readonly url: URL;
  readonly socket: WebSocket;
  /** Sends a message, unless the connection misbehaves by now. */
  readonly send: (message: string | Uint8Array) => void;
}

export class ProviderServer {
  readonly posts: ReceivedPost[] = [];
  /** Addresses of upgrades, refused ones too. */
  readonly upgrades: URL[] = [];
  /** What came over WebSockets, in order. */
  readonly messages: (string | Buffer)[] = [];
  /** While set, answers stop behind their first part until it resolves. */
  hold: Promise<void> | undefined;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #fake: ProviderFake;
  readonly #misbehaviours: Misbehaviour[] = [];

  private constructor(server: Server, fake: ProviderFake) {
    this.#server = server;
    this.#fake = fake;
  }

  static async listen(fake: ProviderFake): Promise<ProviderServer> {
    const server = createServer();
    const provider = new ProviderServer(server, fake);
    server.on('request', (request, response) => void provider.#answer(request, response));
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) =>
      provider.#upgrade(request, socket, head),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return provider;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get openConnections(): number {
    return this.#sockets.clients.size;
  }

  /** For the next requests or connections, one each; after them all is well again. */
  misbehave(...misbehaviours: Misbehaviour[]): void {
    this.#misbehaviours.push(...misbehaviours);
  }

  /** Closes every WebSocket, and resolves when the other ends have noticed. */
  async dropConnections(): Promise<void> {
    const dropped = [...this.#sockets.clients].map((socket) => once(socket, 'close'));
    for (const socket of this.#sockets.clients) socket.close(1000);
    await Promise.all(dropped);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const post = { url, headers: request.headers, body: Buffer.concat(chunks) };
    this.posts.push(post);
    const misbehaviour = this.#misbehaviours.shift();
    if (misbehaviour === 'stall') return;
    if (misbehaviour === 'close') {
      request.socket.destroy();
      return;
    }
    const answer =
      this.#refusal(request, url, misbehaviour) ??
      (misbehaviour === 'garbage' ? PAGE : await this.#fake.post(post));
    response.writeHead(answer.status, { 'content-type': answer.contentType });
    if (misbehaviour === 'file') response.write('RIFF\u0000\u0000\u0000\u0000WAVEfmt ');
    for (const [index, part] of answer.parts.entries()) {
      response.write(part);
      if (index > 0) continue;
      if (misbehaviour === 'stall-midway') return;
      if (misbehaviour === 'close-midway') {
        setTimeout(() => request.socket.destroy(), 20);
        return;
      }
      await this.hold;
    }
    response.end();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const url = new URL(request.url ?? '/', this.url);
    this.upgrades.push(url);
    const misbehaviour = this.#misbehaviours.shift();
    if (misbehaviour === 'close') {
      socket.destroy();
      return;
    }
    const refusal = this.#refusal(request, url, misbehaviour);
    if (refusal !== undefined) {
      const body = Buffer.concat(refusal.parts);
      socket.end(
        `HTTP/1.1 ${refusal.status} Refused\r\ncontent-type: ${refusal.contentType}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (client) => this.#serve(client, url, misbehaviour));
  }

  #serve(socket: WebSocket, url: URL, misbehaviour: Misbehaviour | undefined): void {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.messages.push(isBinary ? data : data.toString());
      if (misbehaviour === 'garbage') socket.send('<html>It works!</html>');
    });
    if (misbehaviour === 'stall' || misbehaviour === 'garbage') return;
    let sent = 0;
    const send = (message: string | Uint8Array) => {
      if (socket.readyState !== socket.OPEN) return;
      if (sent > 0 && misbehaviour === 'stall-midway') return;
      socket.send(message);
      sent += 1;
      if (misbehaviour === 'close-midway') socket.terminate();
    };
    this.#fake.connect?.({ url, socket, send });
  }

  #refusal(
    request: IncomingMessage,
    url: URL,
    misbehaviour: Misbehaviour | undefined,
  ): HttpAnswer | undefined {
    if (typeof misbehaviour === 'number')
      return jsonAnswer(misbehaviour, { error: `status ${misbehaviour}, as the test wants it` });
    if (!this.#fake.isAuthorized(request)) return jsonAnswer(401, this.#fake.unauthorized);
    const mistake = this.#fake.mistakeIn(url);
    return mistake === undefined ? undefined : jsonAnswer(400, { error: mistake });
  }
}

export function jsonAnswer(status: number, body: unknown): HttpAnswer {
  return { status, contentType: 'application/json', parts: [Buffer.from(JSON.stringify(body))] };
}

/** What these voices sound like: a tone of 440 Hz, 50 ms for each character. */
export function spokenSamples(text: string, rateHz: number): Int16Array<ArrayBuffer> {
  return Int16Array.from({ length: Math.round((text.length * rateHz) / 20) }, (_, i) =>
    Math.round(10_000 * Math.sin((2 * Math.PI * 440 * i) / rateHz)),
  );
}

/** In parts of 200 ms, each of which ends in the middle of a sample. */
export function spokenAnswer(text: string, rateHz: number, contentType: string): HttpAnswer {
  const octets = Buffer.from(spokenSamples(text, rateHz).buffer);
  const partOctets = Math.round(rateHz * 0.2) * 2 + 1;
  const parts = [];
  for (let at = 0; at < octets.length; at += partOctets) parts.push(octets.subarray(at, at + partOctets));
  return { status: 200, contentType, parts };
}

const PAGE: HttpAnswer = {
  status: 200,
  contentType: 'text/html',
  parts: [Buffer.from('<html>It works!</html>'.repeat(100))],
};
